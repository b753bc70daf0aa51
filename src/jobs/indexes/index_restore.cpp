#include "jobs/indexes/index_restore.hpp"

#include <map>
#include <set>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/steady_clock.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::DefinitionPath;
using postgres_detail::SecondaryKind;

constexpr const char* broken_hint =
    "rows that came while it was missing break it: change them, then run leat repair";

Error in_use(Connection& connection, const RecordedObject& one, const std::stop_token& stop) {
  const RebuildSession session = who_rebuilds(connection, one.table_oid, stop);
  return {ErrorKind::target,
          one.table.display() + " is at work: a run that has dropped its indexes has not ended",
          {.sqlstate = sqlstate::lock_not_available, .detail = session.text, .hint = session.hint()}};
}

/// In the open transaction, which has the lock of the rebuild.
RepairOutcome restore_one(Connection& connection, const RecordedObject& one, const std::stop_token& stop) {
  // What held the lock until now may have brought it back.
  std::optional<RecordedObject> now;
  for (auto& object : read_record(connection, one.table_oid, stop)) {
    if (object.id == one.id) now = std::move(object);
  }
  if (!now) return RepairOutcome::exists;
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
    DefinitionPath path(connection, stop);
    try {
      build(connection, now->object, stop);
      finish(connection, now->object, stop);
    } catch (const Error& error) {
      if (!connection.is_open()) throw;
      throw cannot_rebuild(now->object, now->table, error, broken_hint);
    }
    path.restore(stop);
  }
  remove_from_record(connection, std::span(&*now, 1), stop);
  return outcome;
}

}  // namespace

bool is_there(Connection& connection, const TableInfo& table, const postgres_detail::SecondaryObject& object,
              const std::string& way_out, const std::stop_token& stop) {
  const auto use = postgres_detail::find_name(connection, table, object, stop);
  if (!use.is_of_another()) return use.is_itself;
  const bool is_relation = object.kind != SecondaryKind::foreign_key;
  throw Error(ErrorKind::target,
              display(object) + " of " + table.name.display() +
                  " could not be made again: another object has its name: " + use.description,
              {.sqlstate = is_relation ? "42P07" : "42710", .hint = "rename that one" + way_out});
}

bool is_there(Connection& connection, const RecordedObject& one, const std::stop_token& stop) {
  return is_there(connection, {.name = one.table, .oid = one.table_oid}, one.object,
                  std::string(", then run leat repair; or, where it is to stay instead, DELETE FROM ") +
                      record_table + " WHERE id = " + std::to_string(one.id),
                  stop);
}

Error cannot_rebuild(const postgres_detail::SecondaryObject& object, const TableName& table,
                     const Error& error, const std::string& hint_if_broken) {
  const Error explained = error.with_message(display(object) + " of " + table.display() +
                                             " could not be made again: " + error.what());
  const bool is_broken = error.sqlstate().starts_with("23");
  return is_broken && !hint_if_broken.empty() ? explained.with_hint(hint_if_broken) : explained;
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

std::vector<RepairedObject> restore_recorded(Connection& connection, Oid table, RebuildLock lock,
                                             const Logger& log, const std::stop_token& stop) {
  std::vector<RepairedObject> repaired;
  std::map<Oid, Error> busy;  // each is waited for once
  for (const auto& one : read_record(connection, table, stop)) {
    const auto started = SteadyClock::now();
    RepairedObject result{.table = one.table.display(),
                          .kind = std::string(to_string(one.object.kind)),
                          .name = one.object.name};
    const std::string what = result.kind + " " + display_identifier(result.name) + " of " + result.table;
    try {
      connection.begin("ISOLATION LEVEL READ COMMITTED", stop);
      if (lock == RebuildLock::wait) lock_rebuild(connection, one.table_oid, stop);
      const auto known = busy.find(one.table_oid);
      if (known != busy.end()) {
        result.outcome = RepairOutcome::in_use;
        result.error = known->second;
      } else if (lock == RebuildLock::wait || try_lock_rebuild(connection, one.table_oid, stop)) {
        result.outcome = restore_one(connection, one, stop);
      } else {
        result.outcome = RepairOutcome::in_use;
        result.error = in_use(connection, one, stop);
        busy.emplace(one.table_oid, *result.error);
      }
      connection.commit(stop);
    } catch (const Error& error) {
      if (!connection.is_open() || error.kind() == ErrorKind::cancelled) throw;
      connection.rollback();
      result.outcome = RepairOutcome::failed;
      result.error = error;
    }
    result.elapsed = SteadyClock::now() - started;
    log.log(result.error ? LogLevel::warning : LogLevel::info,
            what + ": " + std::string(to_string(result.outcome)));
    repaired.push_back(std::move(result));
  }
  return repaired;
}

namespace {

/// Whether rows that come now could break what is missing, or others do already.
bool is_of_rows(const RepairedObject& object, bool is_unique) {
  if (object.error->sqlstate() == "42501") return false;
  return object.error->sqlstate().starts_with("23") || object.kind != to_string(SecondaryKind::index) ||
         is_unique;
}

}  // namespace

std::vector<std::string> restore_left(Connection& connection, std::span<const Oid> tables, const Logger& log,
                                      const std::stop_token& stop) {
  std::set<Oid> wanted;
  std::set<std::pair<std::string, std::string>> unique;
  if (tables.empty()) return {};
  const RecordFacts facts = look_at_record(connection, tables.size() == 1 ? tables.front() : 0, stop);
  if (facts.exists && !facts.may_read) return {unreadable_record()};
  if (!facts.exists || !facts.is_trusted) return {};
  for (const auto& one : read_record(connection, 0, stop)) {
    if (!contains(tables, one.table_oid)) continue;
    wanted.insert(one.table_oid);
    if (one.object.build_sql.starts_with("CREATE UNIQUE")) {
      unique.emplace(one.table.display(), one.object.name);
    }
  }
  std::vector<std::string> notes;
  for (const Oid table : wanted) {
    for (const auto& object : restore_recorded(connection, table, RebuildLock::attempt, log, stop)) {
      const std::string what = object.kind + " " + display_identifier(object.name) + " of " + object.table +
                               ", which an earlier run had dropped, ";
      switch (object.outcome) {
        case RepairOutcome::restored:
          notes.push_back(what + "was made again in " + detail::seconds_text(object.elapsed));
          break;
        case RepairOutcome::exists:
          notes.push_back(what + "exists again, and was left as it is");
          break;
        case RepairOutcome::failed:
          if (is_of_rows(object, unique.contains({object.table, object.name}))) throw *object.error;
          notes.push_back(what + "is still missing: " + object.error->what());
          break;
        case RepairOutcome::table_gone:
        case RepairOutcome::in_use:
          break;
      }
    }
  }
  return notes;
}

}  // namespace leat::jobs_detail
