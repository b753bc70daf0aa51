#include "jobs/indexes/index_restore.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/steady_clock.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::SecondaryObject;

constexpr const char* broken_hint =
    "rows that came while it was missing break it: change them, then run leat repair";

/// In the open transaction, which has the lock of the rebuild.
RepairOutcome restore_one(Connection& connection, const RecordedObject& one, const std::stop_token& stop) {
  // What held the lock until now may have brought it back.
  const auto recorded = read_record(connection, one.table_oid, stop);
  const auto* const now = find_by(recorded, &RecordedObject::id, one.id);
  if (now == nullptr) return RepairOutcome::exists;
  RepairOutcome outcome = RepairOutcome::restored;
  if (!now->table_now) {
    outcome = RepairOutcome::table_gone;
  } else if (*now->table_now != now->table) {
    throw Error(ErrorKind::target,
                now->table.display() + " is called " + now->table_now->display() +
                    " today, and what was dropped was written down under the old name",
                {.sqlstate = "55000", .hint = "give it that name for the time of leat repair"});
  } else if (is_there(connection, *now, stop)) {
    outcome = RepairOutcome::exists;
  } else {
    postgres_detail::DefinitionPath path(connection, stop);
    for (auto* const step : {postgres_detail::build, postgres_detail::finish}) {
      make_again(*step, connection, now->object, now->table, broken_hint, stop);
    }
    path.restore(stop);
  }
  remove_from_record(connection, std::span(now, 1), stop);
  return outcome;
}

/// Whether rows that come now could break what is missing, or others do already.
bool is_of_rows(const SecondaryObject& object, const Error& error) {
  if (error.sqlstate() == "42501") return false;
  return error.sqlstate().starts_with("23") || object.is_constraint() ||
         object.build_sql.starts_with("CREATE UNIQUE");
}

}  // namespace

Error in_use(Connection& connection, Oid table, const std::string& message, const std::stop_token& stop) {
  const RebuildSession session = who_rebuilds(connection, table, stop);
  return {ErrorKind::target,
          message,
          {.sqlstate = sqlstate::lock_not_available, .detail = session.text, .hint = session.hint()}};
}

bool is_there(Connection& connection, const RecordedObject& one, const std::stop_token& stop) {
  return postgres_detail::is_there(
      connection, {.name = one.table, .oid = one.table_oid}, one.object,
      std::string(", then run leat repair; or, where it is to stay instead, DELETE FROM ") + record_table +
          " WHERE id = " + std::to_string(one.id),
      stop);
}

void make_again(MakingStep& step, Connection& connection, const postgres_detail::SecondaryObject& object,
                const TableName& table, const std::string& hint_if_broken, const std::stop_token& stop) {
  try {
    step(connection, object, stop);
  } catch (const Error& error) {
    if (!connection.is_open()) throw;
    const Error explained = error.with_message(display(object) + " of " + table.display() +
                                               " could not be made again: " + error.what());
    const bool is_broken = error.sqlstate().starts_with("23") && !hint_if_broken.empty();
    throw is_broken ? explained.with_hint(hint_if_broken) : explained;
  }
}

std::string unreadable_record() {
  return std::string(
             "whether an earlier run has left indexes or constraints dropped cannot be looked at: this "
             "role may not read ") +
         record_table;
}

void require_usable(const RecordFacts& facts) {
  if (!facts.exists) return;
  if (!facts.is_trusted) {
    throw Error(ErrorKind::target,
                std::string("the record of what was dropped, ") + record_table + ", belongs to the role " +
                    quote_identifier(facts.owner) + ", whose SQL is not run for it",
                {.sqlstate = "42501",
                 .hint = std::string("let the owner of the database have the schema and the table: ALTER "
                                     "TABLE ") +
                         record_table + " OWNER TO …"});
  }
  if (!facts.may_read || !facts.may_write) {
    throw Error(ErrorKind::target,
                std::string("this role may not use the record of what was dropped, ") + record_table,
                {.sqlstate = "42501",
                 .hint = std::string("GRANT USAGE ON SCHEMA leat_meta, and SELECT, INSERT, DELETE ON ") +
                         record_table + " TO it"});
  }
}

std::vector<RepairedObject> restore_recorded(Connection& connection, std::span<const RecordedObject> recorded,
                                             RebuildLock lock, const Logger& log,
                                             const std::stop_token& stop) {
  std::vector<RepairedObject> repaired;
  std::map<Oid, std::optional<Error>> busy;  // each is waited for once
  for (const auto& one : recorded) {
    const auto started = SteadyClock::now();
    RepairedObject result{.table = one.table.display(),
                          .kind = std::string(to_string(one.object.kind)),
                          .name = one.object.name};
    try {
      connection.begin("ISOLATION LEVEL READ COMMITTED", stop);
      auto& holder = busy[one.table_oid];
      if (lock == RebuildLock::wait) {
        lock_rebuild(connection, one.table_oid, stop);
      } else if (!holder && !try_lock_rebuild(connection, one.table_oid, stop)) {
        holder = in_use(connection, one.table_oid,
                        result.table + " is at work: a run that has dropped its indexes has not ended", stop);
      }
      result.error = holder;
      result.outcome = holder ? RepairOutcome::in_use : restore_one(connection, one, stop);
      connection.commit(stop);
    } catch (const Error& error) {
      if (!connection.is_open() || error.kind() == ErrorKind::cancelled) throw;
      connection.rollback();
      result.outcome = RepairOutcome::failed;
      result.error = error;
    }
    result.elapsed = SteadyClock::now() - started;
    const std::string object = display(one.object);
    log.log_event(result.error ? LogLevel::warning : LogLevel::info, "restore",
                  object + " of " + result.table + ": " + std::string(to_string(result.outcome)),
                  {{"table", result.table},
                   {"object", object},
                   {"outcome", to_string(result.outcome)},
                   {"sqlstate", result.error ? result.error->sqlstate() : ""},
                   {"seconds", result.elapsed}});
    repaired.push_back(std::move(result));
  }
  return repaired;
}

std::vector<std::string> restore_left(Connection& connection, std::span<const Oid> tables, const Logger& log,
                                      const std::stop_token& stop) {
  if (tables.empty()) return {};
  const RecordFacts facts = look_at_record(connection, tables.size() == 1 ? tables.front() : 0, stop);
  if (facts.exists && !facts.may_read) return {unreadable_record()};
  if (!facts.exists || !facts.is_trusted) return {};
  auto recorded = read_record(connection, 0, stop);
  std::erase_if(recorded, [tables](const auto& one) { return !contains(tables, one.table_oid); });
  std::stable_sort(recorded.begin(), recorded.end(),
                   [](const auto& a, const auto& b) { return a.table_oid < b.table_oid; });
  const auto restored = restore_recorded(connection, recorded, RebuildLock::attempt, log, stop);
  std::vector<std::string> notes;
  for (std::size_t i = 0; i < restored.size(); ++i) {
    const RepairedObject& object = restored[i];
    const std::string what =
        display(recorded[i].object) + " of " + object.table + ", which an earlier run had dropped, ";
    switch (object.outcome) {
      case RepairOutcome::restored:
        notes.push_back(what + "was made again in " + detail::seconds_text(object.elapsed));
        break;
      case RepairOutcome::exists:
        notes.push_back(what + "exists again, and was left as it is");
        break;
      case RepairOutcome::failed:
        if (is_of_rows(recorded[i].object, *object.error)) throw *object.error;
        notes.push_back(what + "is still missing: " + object.error->what());
        break;
      case RepairOutcome::table_gone:
      case RepairOutcome::in_use:
        break;
    }
  }
  return notes;
}

}  // namespace leat::jobs_detail
