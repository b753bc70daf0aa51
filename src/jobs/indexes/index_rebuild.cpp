#include "jobs/indexes/index_rebuild.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/indexes/index_restore.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/locked_tables.hpp"
#include "jobs/options/steady_clock.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::SecondaryKind;
using postgres_detail::SecondaryObject;

constexpr const char* immediate_sql = "SET CONSTRAINTS ALL IMMEDIATE";

// $1 the table's oid, $2 the process of the session that reads in the same database, or null. What each of
// both has locked, with the table's persistence and whether it is this role's.
constexpr const char* table_query = R"(
SELECT c.relpersistence = 't', pg_catalog.pg_has_role(c.relowner, 'USAGE'),
  EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() AND
    (l.relation = c.oid OR l.relation IN (SELECT k.confrelid FROM pg_catalog.pg_constraint k
                                          WHERE k.conrelid = c.oid AND k.contype = 'f'))),
  (SELECT pg_catalog.string_agg(l.relation::pg_catalog.text, ' ') FROM pg_catalog.pg_locks l
   WHERE l.locktype = 'relation' AND l.pid = $2::pg_catalog.int4)
FROM pg_catalog.pg_class c WHERE c.oid = $1::pg_catalog.oid)";

}  // namespace

IndexRebuild::IndexRebuild(Connection& load, const TableFacts& target, IndexRebuildSetup setup,
                           const std::stop_token& stop)
    : load_(load), table_(*target.info), setup_(std::move(setup)) {
  if (table_.kind != RelationKind::table) {
    choice_.reason = "it is a " + std::string(to_string(table_.kind));
    return;
  }
  look_at_record(stop);
  if (setup_.choice.asked != Indexes::keep) look_at_table(stop);
}

void IndexRebuild::look_at_table(const std::stop_token& stop) {
  const std::array<Parameter, 2> parameters{
      std::to_string(table_.oid),
      setup_.reader_pid ? Parameter(std::to_string(*setup_.reader_pid)) : std::nullopt};
  const Result found = load_.execute(table_query, parameters, stop);
  if (found.empty()) return;
  const bool is_temporary = found.boolean(0, 0);
  is_owner_ = found.boolean(0, 1);
  const bool is_held = found.boolean(0, 2);  // by the load's own transaction already
  held_ = postgres_detail::to_oids(found.text(0, 3));
  is_read_ = contains(held_, table_.oid);
  read_objects(load_, stop);
  setup_.choice.droppable = objects_.size() + left_.size();
  setup_.choice.has_rows = table_.size.count() > 0;
  choice_ = choose_indexes(setup_.choice);
  if (choice_.rebuilds && setup_.choice.asked == Indexes::automatic && (!is_owner_ || is_read_)) {
    choice_ = {.rebuilds = false,
               .reason = is_owner_ ? "the job reads the table itself" : "only its owner may drop them"};
  }
  if (setup_.choice.old_rows != OldRows::kept || is_temporary || is_held) return;
  is_recorded_ = true;
  may_make_record_ = record_.exists || postgres_detail::may_make_in_meta(load_, stop);
}

void IndexRebuild::look_at_record(const std::stop_token& stop) {
  record_ = jobs_detail::look_at_record(load_, table_.oid, stop);
  if (!record_.exists || !record_.may_read || !record_.is_trusted) return;
  for (auto& one : read_record(load_, table_.oid, stop)) left_.push_back(std::move(one.object));
  if (!left_.empty()) other_run_ = who_rebuilds(load_, table_.oid, stop).text;
}

void IndexRebuild::read_objects(Connection& connection, const std::stop_token& stop) {
  objects_ = postgres_detail::secondary_objects(connection, table_, stop);
  for (auto& object : objects_) {
    if (object.kind != SecondaryKind::foreign_key || !object.kept_because.empty()) continue;
    if (setup_.keys_are_silent) object.kept_because = "it is not checked during the load";
    if (contains(held_, object.referenced)) {
      object.kept_because = "the job reads " + object.references;
    }
  }
  const auto dropped_end = std::stable_partition(
      objects_.begin(), objects_.end(), [](const auto& object) { return object.kept_because.empty(); });
  kept_.assign(dropped_end, objects_.end());
  objects_.erase(dropped_end, objects_.end());
}

std::string IndexRebuild::lock_sql(std::string_view mode) const {
  return "LOCK TABLE ONLY " + table_.name.sql() + " IN " + std::string(mode) + " MODE";
}

void IndexRebuild::lock(Connection& connection, const std::stop_token& stop) const {
  try {
    static_cast<void>(connection.execute_long(lock_sql("ACCESS EXCLUSIVE"), {}, stop));
  } catch (const Error& error) {
    throw with_locked_tables(error, table_.name.display());
  }
}

void IndexRebuild::restore(const std::stop_token& stop) {
  // A run that is at work by all appearance may have been killed just now.
  if (left_.empty()) return;
  notes_ = restore_left(*setup_.open(stop), std::span(&table_.oid, 1), setup_.log, stop);
}

void IndexRebuild::before_load(const std::stop_token& stop) {
  if (!choice_.rebuilds) return restore(stop);
  if ((is_recorded_ || !left_.empty()) && !try_lock_rebuild(load_, table_.oid, stop)) {
    throw in_use(
        load_, table_.oid,
        "another run has dropped indexes or constraints of " + table_.name.display() + ", and has not ended",
        stop);
  }
  if (is_recorded_) return drop_recorded(stop);
  lock(load_, stop);
  drop(load_, stop);
}

void IndexRebuild::drop(Connection& connection, const std::stop_token& stop) {
  std::vector<RecordedObject> recorded;
  if (!left_.empty()) recorded = read_record(connection, table_.oid, stop);
  for (const auto& one : recorded) {
    // Were it dropped as well, the record would have the name twice.
    if (!is_there(connection, one, stop)) continue;
    remove_from_record(connection, std::span(&one, 1), stop);
    note(display(one.object) + ", which an earlier run had dropped, exists again");
  }
  read_objects(connection, stop);
  if (is_recorded_) add_to_record(connection, table_, load_, objects_, stop);
  for (const auto& object : objects_) {
    static_cast<void>(connection.execute_long(object.drop_sql, {}, stop));
    setup_.log.info(display(object) + " of " + table_.name.display() + " is dropped for the load");
  }
}

void IndexRebuild::drop_recorded(const std::stop_token& stop) {
  const auto session = setup_.open(stop);
  make_record(*session, stop);
  session->begin("ISOLATION LEVEL READ COMMITTED", stop);
  require_usable(jobs_detail::look_at_record(*session, table_.oid, stop));
  lock(*session, stop);
  if (!TableManager(*session).is_unchanged(table_, stop)) {
    throw Error(ErrorKind::target,
                table_.name.display() + " was changed by somebody else after it was looked at",
                {.sqlstate = "55000", .hint = "run the job again"});
  }
  drop(*session, stop);
  try {
    session->commit(stop);
    has_committed_drop_ = true;
  } catch (const Error& error) {
    // They may be gone where the answer to the COMMIT is lost.
    has_committed_drop_ = error.in_doubt();
    throw;
  }
  // Nobody else writes what nothing checks.
  static_cast<void>(load_.execute_long(lock_sql("SHARE ROW EXCLUSIVE"), {}, stop));
}

void IndexRebuild::after_load(const std::stop_token& stop) {
  if (!choice_.rebuilds) return;
  std::vector<RecordedObject> recorded;
  if (has_committed_drop_ || !left_.empty()) recorded = read_record(load_, table_.oid, stop);
  auto objects = has_committed_drop_ ? std::vector<SecondaryObject>() : objects_;
  for (const auto& one : recorded) objects.push_back(one.object);
  sort_to_build(objects);
  // ALTER TABLE refuses a table whose rows still wait for a check.
  if (std::any_of(objects.begin(), objects.end(), [](const auto& o) { return o.is_constraint(); })) {
    static_cast<void>(load_.execute_long(immediate_sql, {}, stop));
  }
  postgres_detail::DefinitionPath path(load_, stop);
  std::vector<SecondaryObject> built;
  // A name that is taken is found before anything takes its time.
  for (auto& object : objects) {
    if (postgres_detail::is_there(load_, table_, object, "", stop)) {
      note(display(object) + " exists again, and was left as it is");
    } else {
      built.push_back(std::move(object));
    }
  }
  for (const auto& object : built) {
    const auto started = SteadyClock::now();
    make_again(postgres_detail::build, load_, object, table_.name,
               "rows that were loaded, or others that were there, break it; nothing was committed. With "
               "Indexes::keep the error tells a loaded row",
               stop);
    note(display(object) + " was dropped, and made again in " +
         detail::seconds_text(SteadyClock::now() - started));
  }
  for (const auto& object : built) {
    make_again(postgres_detail::finish, load_, object, table_.name, {}, stop);
  }
  path.restore(stop);
  remove_from_record(load_, recorded, stop);
}

std::string IndexRebuild::after_failure(const std::stop_token& stop) noexcept {
  if (!has_committed_drop_) return {};
  try {
    const std::string missing = "indexes and constraints of " + table_.name.display() +
                                " that were dropped for the load are missing until leat repair, or the next "
                                "load of the table, brings them back";
    try {
      load_.rollback();
      // They may take long, and a stop is to end the job at once.
      if (stop.stop_requested()) return missing;
      const auto session = setup_.open(stop);
      const auto recorded = read_record(*session, table_.oid, stop);
      for (const auto& object : restore_recorded(*session, recorded, RebuildLock::wait, setup_.log, stop)) {
        if (object.error) return missing + ": " + object.error->what();
      }
      return {};
    } catch (const Error& error) {
      return missing + ": " + error.what();
    } catch (const std::exception&) {
      return missing;
    }
  } catch (...) {
    return {};
  }
}

void IndexRebuild::note(std::string text) {
  setup_.log.info(text);
  notes_.push_back(std::move(text));
}

}  // namespace leat::jobs_detail
