#include "jobs/survey/survey.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "jobs/survey/commit_inquiry.hpp"
#include "jobs/survey/table_facts.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::text_array;

// $1 names of tables: who holds locks on them. Waits for no lock itself.
constexpr const char* lock_query = R"(
SELECT t.position, l.pid, l.mode, a.application_name, a.usename
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS t(name, position)
JOIN pg_catalog.pg_locks l ON l.relation = pg_catalog.to_regclass(t.name)
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
ORDER BY t.position, l.pid, l.mode)";

constexpr const char* timeout_query = R"(
SELECT name, reset_val, unit FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'transaction_timeout') AND reset_val <> '0'
ORDER BY name)";

void add_locks(Connection& session, std::span<TableFacts> facts, const std::stop_token& stop) {
  std::vector<std::string> names;
  for (const auto& table : facts) names.push_back(table.asked.sql());
  const std::array<Parameter, 1> wanted{text_array(names)};
  const Result found = session.execute(lock_query, wanted, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    facts[static_cast<std::size_t>(found.integer(i, 0)) - 1].locks.push_back(
        {.pid = std::string(found.text(i, 1)),
         .mode = std::string(found.text(i, 2)),
         .application = std::string(found.text(i, 3)),
         .role = std::string(found.text(i, 4))});
  }
}

void survey(Connection& session, std::span<TableFacts> facts, const std::stop_token& stop) {
  // First, since it waits for none.
  add_locks(session, facts, stop);
  std::vector<TableName> names;
  for (const auto& table : facts) names.push_back(table.asked);
  auto infos = TableManager(session).describe(names, stop);
  std::vector<Oid> oids;
  std::map<Oid, TableFacts*> tables;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i]) continue;
    facts[i].info = std::move(infos[i]);
    tables.emplace(facts[i].info->oid, &facts[i]);
    oids.push_back(facts[i].info->oid);
  }
  if (oids.empty()) return;
  add_facts(session, oids, tables, stop);
}

/// Whether the error tells of one table and not of the session.
bool is_of_a_table(const Error& error) {
  return error.sqlstate() == "42501" || error.sqlstate() == sqlstate::lock_not_available ||
         error.sqlstate() == "42P01";
}

/// Looks at these, or where one of them makes that fail at each half of them. In a transaction it must be one
/// with savepoints.
void survey_or_halve(Connection& session, std::span<const TableName> names,
                     std::span<std::optional<TableFacts>> into, const std::stop_token& stop) {
  std::vector<TableFacts> facts;
  for (const auto& name : names) facts.push_back({.asked = name});
  static_cast<void>(session.execute("SAVEPOINT leat_survey", {}, stop));
  try {
    survey(session, facts, stop);
  } catch (const Error& error) {
    if (!session.is_open() || !is_of_a_table(error)) throw;
    static_cast<void>(session.execute("ROLLBACK TO SAVEPOINT leat_survey", {}, stop));
    if (names.size() == 1) return;
    const std::size_t half = names.size() / 2;
    survey_or_halve(session, names.first(half), into.first(half), stop);
    survey_or_halve(session, names.subspan(half), into.subspan(half), stop);
    return;
  }
  static_cast<void>(session.execute("RELEASE SAVEPOINT leat_survey", {}, stop));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].info) into[i] = std::move(facts[i]);
  }
}

}  // namespace

std::string describe(const LockHolder& holder) {
  return "session " + holder.pid + " (" + holder.role + ", " + holder.application + ") holds " + holder.mode;
}

ServerFacts survey_server(Connection& session, const std::stop_token& stop) {
  // A privilege of its own since PostgreSQL 15.
  const std::string may_silence =
      session.server_version() >= 150000
          ? "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
          : "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)";
  const Result found = session.execute(
      "SELECT pg_catalog.getdatabaseencoding(), pg_catalog.current_setting('transaction_read_only') = 'on', "
      "pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('wal_level') = 'minimal', "
      "pg_catalog.current_setting('lc_monetary'), "
      "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'), "
      "pg_catalog.current_setting('session_replication_role') = 'replica', " +
          may_silence,
      {}, stop);
  ServerFacts facts{.encoding = std::string(found.text(0, 0)),
                    .lc_monetary = std::string(found.text(0, 4)),
                    .read_only = found.boolean(0, 1),
                    .in_recovery = found.boolean(0, 2),
                    .minimal_wal = found.boolean(0, 3),
                    .is_silent = found.boolean(0, 6),
                    .may_silence_triggers = found.boolean(0, 7),
                    .may_create_temporary = found.boolean(0, 5)};
  const bool is_target = session.options().side == ErrorKind::target;
  if (is_target && !facts.in_recovery) facts.run = server_run(session, stop);
  const Result timeouts = session.execute(timeout_query, {}, stop);
  for (std::size_t i = 0; i < timeouts.rows(); ++i) {
    facts.timeouts.push_back(
        {.name = std::string(timeouts.text(i, 0)),
         .value = std::string(timeouts.text(i, 1)) + " " + std::string(timeouts.text(i, 2))});
  }
  return facts;
}

std::string database_identity(Connection& connection, const std::stop_token& stop) {
  const auto allowed = connection.execute(
      "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')", {}, stop);
  // A physical copy has the identifier of what it was copied from, and two servers may have started at once.
  const std::string cluster =
      std::string("pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::pg_catalog.text") +
      (allowed.boolean(0, 0)
           ? " || '/' || (SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())"
           : "");
  const auto found = connection.execute(
      "SELECT " + cluster + ", oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()",
      {}, stop);
  return std::string(found.text(0, 0)) + "/" + std::string(found.text(0, 1));
}

TableFacts survey_table(Connection& session, const TableName& name, const std::stop_token& stop) {
  TableFacts facts{.asked = name};
  try {
    survey(session, std::span(&facts, 1), stop);
    if (!facts.info) static_cast<void>(TableManager(session).describe(name, stop));
  } catch (const Error& error) {
    if (error.sqlstate() == "42P01") {
      facts.obstacle = to_finding("table_missing", error);
    } else if (error.sqlstate() == "42501") {
      facts.obstacle = to_finding("privilege_missing", error);
    } else if (error.sqlstate() == sqlstate::lock_not_available) {
      facts.obstacle = to_finding("lock_conflict", error);
      if (!facts.locks.empty()) facts.obstacle->detail = describe(facts.locks.front());
    } else {
      throw;
    }
    facts.info.reset();
  }
  return facts;
}

TableFacts survey_locked_table(Connection& session, const TableName& name, const Error& error,
                               const std::stop_token& stop) {
  TableFacts facts{.asked = name};
  add_locks(session, std::span(&facts, 1), stop);
  facts.obstacle = to_finding("lock_conflict", error);
  if (!facts.locks.empty()) facts.obstacle->detail = describe(facts.locks.front());
  return facts;
}

std::vector<std::optional<TableFacts>> survey_tables(Connection& session, std::span<const TableName> names,
                                                     const std::stop_token& stop) {
  std::vector<std::optional<TableFacts>> facts(names.size());
  if (names.empty()) return facts;
  std::vector<TableFacts> asked;
  for (const auto& name : names) asked.push_back({.asked = name});
  add_locks(session, asked, stop);
  std::vector<TableName> free;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& locks = asked[i].locks;
    const bool locked = std::any_of(locks.begin(), locks.end(), [](const LockHolder& holder) {
      return holder.mode == "AccessExclusiveLock";
    });
    if (locked) continue;
    free.push_back(names[i]);
    positions.push_back(i);
  }
  std::vector<std::optional<TableFacts>> found(free.size());
  if (!free.empty()) survey_or_halve(session, free, found, stop);
  for (std::size_t i = 0; i < found.size(); ++i) facts[positions[i]] = std::move(found[i]);
  return facts;
}

}  // namespace leat::jobs_detail
