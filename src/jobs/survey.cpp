#include "jobs/survey.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "postgres/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::oid_array;
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

// $1 the tables' oids. Of what pg_relation_is_updatable says: INSERT 8. Of ev_type: UPDATE 2, INSERT 3,
// DELETE 4.
constexpr const char* fact_query = R"(
WITH tree AS MATERIALIZED (
  SELECT t.oid AS root, t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'p'
        CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS p)
SELECT t.oid, pg_catalog.row_security_active(t.oid),
  pg_catalog.has_table_privilege(t.oid, 'TRUNCATE'), pg_catalog.has_table_privilege(t.oid, 'DELETE'),
  pg_catalog.has_table_privilege(t.oid, 'UPDATE, DELETE, TRUNCATE'),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(w.rulename), ', ' ORDER BY w.rulename)
   FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t.oid AND w.ev_type = '3'),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(w.rulename), ', ' ORDER BY w.rulename)
   FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t.oid AND w.ev_type IN ('2', '3', '4')),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.conname) || ' to ' ||
                                k.confrelid::pg_catalog.regclass::pg_catalog.text, ', ' ORDER BY k.conname)
   FROM pg_catalog.pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f'),
  (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(k.conname), ', ')
   FROM tree JOIN pg_catalog.pg_constraint k ON k.conrelid = tree.relid
   WHERE tree.root = t.oid AND NOT k.convalidated),
  pg_catalog.pg_relation_is_updatable(t.oid::pg_catalog.regclass, true) & 8 <> 0,
  (SELECT c.relispopulated FROM pg_catalog.pg_class c WHERE c.oid = t.oid),
  EXISTS (SELECT FROM pg_catalog.pg_constraint k
          WHERE k.conrelid = t.oid AND k.confrelid = t.oid AND k.contype = 'f'),
  EXISTS (SELECT FROM pg_catalog.pg_constraint k
          WHERE k.conrelid = t.oid AND k.confrelid = t.oid AND k.contype = 'f' AND k.confdeltype IN ('c', 'n', 'd'))
FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid))";

// $1 the tables' oids. Of tgenabled: A always, O unless in a session of replicas, R only in such.
constexpr const char* trigger_query = R"(
WITH tree AS MATERIALIZED (
  SELECT t.oid AS root, t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'p'
        CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS p)
SELECT DISTINCT tree.root, pg_catalog.quote_ident(g.tgname) AS name, g.tgtype, g.tgenabled IN ('A', 'O'),
       g.tgenabled IN ('A', 'R')
FROM tree JOIN pg_catalog.pg_trigger g ON g.tgrelid = tree.relid
WHERE NOT g.tgisinternal AND g.tgenabled <> 'D'
ORDER BY tree.root, name)";

// $1 the tables' oids: columns that this role may not use.
constexpr const char* column_privilege_query = R"(
SELECT a.attrelid, a.attname, pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT'),
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE')
FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE NOT (pg_catalog.has_table_privilege(t.oid, 'SELECT') AND pg_catalog.has_table_privilege(t.oid, 'INSERT')
           AND pg_catalog.has_table_privilege(t.oid, 'UPDATE'))
ORDER BY a.attrelid, a.attnum)";

constexpr const char* timeout_query = R"(
SELECT name, reset_val, unit FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'transaction_timeout') AND reset_val <> '0'
ORDER BY name)";

Oid to_oid(const Result& result, std::size_t row, std::size_t column) {
  return static_cast<Oid>(result.integer(row, column));
}

/// Fills in what is known of a table by its oid.
void add_facts(Connection& session, std::span<const Oid> oids, const std::map<Oid, TableFacts*>& tables,
               const std::stop_token& stop) {
  const std::array<Parameter, 1> wanted{oid_array(oids)};
  const Result found = session.execute(fact_query, wanted, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    TableFacts& facts = *tables.at(to_oid(found, i, 0));
    facts.row_security = found.boolean(i, 1);
    facts.may_truncate = found.boolean(i, 2);
    facts.may_delete = found.boolean(i, 3);
    facts.may_lock = found.boolean(i, 4);
    facts.insert_rules = found.text(i, 5);
    facts.write_rules = found.text(i, 6);
    facts.foreign_keys = found.text(i, 7);
    facts.not_valid = found.text(i, 8);
    facts.takes_inserts = found.boolean(i, 9);
    facts.is_populated = found.boolean(i, 10);
    facts.references_itself = found.boolean(i, 11);
    facts.changes_itself = found.boolean(i, 12);
  }
  const Result triggers = session.execute(trigger_query, wanted, stop);
  for (std::size_t i = 0; i < triggers.rows(); ++i) {
    tables.at(to_oid(triggers, i, 0))
        ->triggers.push_back({.name = std::string(triggers.text(i, 1)),
                              .events = static_cast<unsigned>(triggers.integer(i, 2)),
                              .fires = triggers.boolean(i, 3),
                              .fires_in_replicas = triggers.boolean(i, 4)});
  }
  const Result refused = session.execute(column_privilege_query, wanted, stop);
  for (std::size_t i = 0; i < refused.rows(); ++i) {
    TableFacts& facts = *tables.at(to_oid(refused, i, 0));
    if (!refused.boolean(i, 2)) facts.not_readable.emplace_back(refused.text(i, 1));
    if (!refused.boolean(i, 3)) facts.not_insertable.emplace_back(refused.text(i, 1));
    if (!refused.boolean(i, 4)) facts.not_updatable.emplace_back(refused.text(i, 1));
  }
  TableManager manager(session);
  for (auto& [oid, keys] : manager.referencing_keys(oids, stop)) {
    tables.at(oid)->referencing = std::move(keys);
    tables.at(oid)->empties_by_delete = true;
  }
  for (auto& [oid, sequences] : manager.owned_sequences(oids, stop)) {
    tables.at(oid)->sequences = std::move(sequences);
  }
}

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
  return error.sqlstate() == "42501" || error.sqlstate() == "55P03" || error.sqlstate() == "42P01";
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

std::string TableFacts::triggers_on(unsigned on_any, bool in_replicas) const {
  std::vector<std::string> names;
  for (const auto& trigger : triggers) {
    if ((trigger.events & on_any) == 0) continue;
    if (!(in_replicas ? trigger.fires_in_replicas : trigger.fires)) continue;
    if (names.empty() || names.back() != trigger.name) names.push_back(trigger.name);
  }
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

void TableFacts::empty_along_with(std::span<const Oid> tables) {
  // TRUNCATE wants the referencing table itself among those that it empties, which all of its leaves are not.
  empties_by_delete = std::any_of(referencing.begin(), referencing.end(), [tables](const auto& key) {
    return std::find(tables.begin(), tables.end(), key.table_oid) == tables.end();
  });
  const auto outside =
      std::stable_partition(referencing.begin(), referencing.end(),
                            [tables](const ReferencingKey& key) { return !key.is_within(tables); });
  joined.insert(joined.end(), outside, referencing.end());
  referencing.erase(outside, referencing.end());
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
    } else if (error.sqlstate() == "55P03") {
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
