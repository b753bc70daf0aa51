#include "jobs/survey/survey.hpp"

#include <map>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::Questions;
using postgres_detail::text_array;

constexpr const char* timeout_query = R"(
SELECT pg_catalog.concat(name, ' of ', reset_val, ' ', unit) FROM pg_catalog.pg_settings
WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
               'idle_session_timeout', 'transaction_timeout')
  AND reset_val <> '0' AND reset_val IS DISTINCT FROM setting
ORDER BY name)";

/// Asks a server about itself by two rounds of questions: an answer to the first adds the second one. Others
/// may be asked along with both. `questions` and `into` must live until then.
void ask_server(Questions& questions, Connection& session, ServerFacts& into) {
  const int server_version = session.server_version();
  // A privilege of its own since PostgreSQL 15.
  const std::string may_silence =
      server_version >= 150000 ? "pg_catalog.has_parameter_privilege('session_replication_role', 'SET')"
                               : "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)";
  questions.add(
      "SELECT pg_catalog.getdatabaseencoding(), pg_catalog.current_setting('transaction_read_only') = 'on', "
      "pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('wal_level') = 'minimal', "
      "pg_catalog.current_setting('lc_monetary'), "
      "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'), "
      "pg_catalog.current_setting('session_replication_role') = 'replica', " +
          may_silence + ", pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'), " +
          may_ask_run_sql(server_version),
      {}, [&questions, &into, side = session.options().side](const Result& found) {
        into.encoding = found.text(0, 0);
        into.read_only = found.boolean(0, 1);
        into.in_recovery = found.boolean(0, 2);
        into.minimal_wal = found.boolean(0, 3);
        into.lc_monetary = found.text(0, 4);
        into.may_create_temporary = found.boolean(0, 5);
        into.is_silent = found.boolean(0, 6);
        into.may_silence_triggers = found.boolean(0, 7);
        // A physical copy has the identifier of what it was copied from, and two servers may have started at
        // once.
        const bool reads_control = found.boolean(0, 8);
        const std::string identifier =
            reads_control
                ? "(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system()) || '/' || "
                : "";
        questions.add(
            "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())::pg_catalog.text, " +
                identifier +
                "oid::pg_catalog.text FROM pg_catalog.pg_database "
                "WHERE datname = pg_catalog.current_database()",
            {}, [&into, reads_control](const Result& identity) {
              into.database = std::string(identity.text(0, 0)) + "/" + std::string(identity.text(0, 1));
              if (reads_control) into.origin = identity.text(0, 1);
            });
        if (side != ErrorKind::target || into.in_recovery || !found.boolean(0, 9)) return;
        questions.add(server_run_query, {}, [&into](const Result& run) { into.run = run.text(0, 0); });
      });
  // The view of all settings takes longer than all else.
  if (!postgres_detail::asks_first(session, "timeouts")) return;
  questions.add(timeout_query, {}, [&into](const Result& timeouts) {
    for (std::size_t i = 0; i < timeouts.rows(); ++i) into.timeouts.emplace_back(timeouts.text(i, 0));
  });
}

// $1 names of tables: who holds locks on them. Waits for no lock itself.
constexpr const char* lock_query = R"(
SELECT t.position, l.pid, l.mode,
  pg_catalog.concat(
    CASE WHEN x.gid IS NOT NULL
         THEN pg_catalog.concat('prepared transaction ', pg_catalog.quote_literal(x.gid), ' (', x.owner,
                                ', since ', pg_catalog.date_trunc('second', x.prepared), ')')
         ELSE pg_catalog.concat('session ', l.pid, ' (',
           CASE WHEN a.usename IS NULL THEN coalesce(a.backend_type, 'of the server''s own')
                ELSE pg_catalog.concat_ws(', ', a.usename, nullif(a.application_name, '')) END, ')') END,
    ' holds ', l.mode)
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS t(name, position)
JOIN pg_catalog.pg_locks l ON l.relation = pg_catalog.to_regclass(t.name)
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
LEFT JOIN LATERAL (
  SELECT p.gid, p.owner, p.prepared
  FROM pg_catalog.pg_locks own JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = own.transactionid
  WHERE l.pid IS NULL AND own.pid IS NULL AND own.locktype = 'transactionid'
    AND own.virtualtransaction = l.virtualtransaction
  LIMIT 1) AS x ON true
WHERE l.locktype = 'relation' AND l.granted AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
ORDER BY t.position, l.pid, l.mode)";

void ask_locks(Questions& questions, std::span<TableFacts> facts) {
  std::vector<std::string> names;
  for (const auto& table : facts) names.push_back(table.asked.sql());
  questions.add(lock_query, {text_array(names)}, [facts](const Result& found) {
    for (std::size_t i = 0; i < found.rows(); ++i) {
      facts[static_cast<std::size_t>(found.integer(i, 0)) - 1].locks.push_back(
          {.pid = std::string(found.text(i, 1)),
           .mode = std::string(found.text(i, 2)),
           .holder = std::string(found.text(i, 3))});
    }
  });
}

/// Looks at tables by three rounds of questions, in the first two of which the questions that there are by
/// then are asked before these.
void survey(Connection& session, std::span<TableFacts> facts, Questions& questions,
            const std::stop_token& stop) {
  std::vector<TableName> names;
  for (const auto& table : facts) names.push_back(table.asked);
  std::vector<std::optional<TableInfo>> infos;
  postgres_detail::ask_tables(questions, names, infos);
  questions.ask(session, stop);
  std::vector<Oid> oids;
  std::map<Oid, TableFacts*> tables;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i]) continue;
    facts[i].info = std::move(infos[i]);
    tables.emplace(facts[i].info->oid, &facts[i]);
    oids.push_back(facts[i].info->oid);
  }
  Result columns;
  if (!oids.empty()) {
    postgres_detail::ask_columns(questions, oids, columns);
    ask_facts(questions, oids, tables);
    if (session.options().side == ErrorKind::source) ask_out_of_line(questions, oids, tables);
  }
  questions.ask(session, stop);
  if (oids.empty()) return;
  for (auto& [oid, own] : postgres_detail::to_columns(session, columns, stop)) {
    tables.at(oid)->info->columns = std::move(own);
  }
}

/// The code of what keeps a table from being looked at; null for an error that tells of the session.
const char* obstacle_of(const Error& error) {
  if (error.sqlstate() == "42P01") return "table_missing";
  if (error.sqlstate() == "42501") return "privilege_missing";
  return error.sqlstate() == sqlstate::lock_not_available ? "lock_conflict" : nullptr;
}

/// Looks at these, or where one of them makes that fail at each half of them; those that cannot be looked at
/// become nullopt. `questions` are asked once, before all. In a transaction it must be one with savepoints.
void survey_or_halve(Connection& session, std::span<std::optional<TableFacts>* const> tables,
                     Questions& questions, const std::stop_token& stop) {
  std::vector<TableFacts> facts;
  for (const auto* const table : tables) facts.push_back(**table);
  questions.add("SAVEPOINT leat_survey");
  try {
    survey(session, facts, questions, stop);
  } catch (const Error& error) {
    if (!session.is_open() || obstacle_of(error) == nullptr) throw;
    static_cast<void>(session.execute("ROLLBACK TO SAVEPOINT leat_survey", {}, stop));
    const std::size_t half = tables.size() / 2;
    if (half == 0) {
      tables.front()->reset();
    } else {
      survey_or_halve(session, tables.first(half), questions, stop);
      survey_or_halve(session, tables.subspan(half), questions, stop);
    }
    return;
  }
  static_cast<void>(session.execute("RELEASE SAVEPOINT leat_survey", {}, stop));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    *tables[i] = facts[i].info ? std::optional(std::move(facts[i])) : std::nullopt;
  }
}

/// One table, whose obstacle is among its facts; then questions may be left.
TableFacts survey_one(Connection& session, const TableName& name, Questions& questions,
                      const std::optional<Error>& lock_error, const std::stop_token& stop) {
  TableFacts facts{.asked = name};
  try {
    // Before the others, since it waits for no lock.
    ask_locks(questions, std::span(&facts, 1));
    if (lock_error) {
      while (!questions.empty()) questions.ask(session, stop);
      throw Error(*lock_error);
    }
    survey(session, std::span(&facts, 1), questions, stop);
    if (!facts.info) static_cast<void>(TableManager(session).describe(name, stop));
  } catch (const Error& error) {
    const char* const code = obstacle_of(error);
    if (code == nullptr) throw;
    facts.obstacle = to_finding(code, error);
    if (error.sqlstate() == sqlstate::lock_not_available && !facts.locks.empty()) {
      facts.obstacle->detail = facts.locks.front().holder + " on " + name.display();
    }
    facts.info.reset();
  }
  return facts;
}

}  // namespace

ServerFacts survey_server(Connection& session, const std::stop_token& stop) {
  ServerFacts facts;
  Questions questions;
  ask_server(questions, session, facts);
  while (!questions.empty()) questions.ask(session, stop);
  return facts;
}

TableFacts survey_table(Connection& session, const TableName& name, const std::optional<Error>& lock_error,
                        const std::stop_token& stop) {
  Questions questions;
  return survey_one(session, name, questions, lock_error, stop);
}

TableFacts survey_side(Connection& session, const TableName& name, const KnownFacts& known,
                       ServerFacts& server, const std::stop_token& stop) {
  Questions questions;
  if (known.server != nullptr) {
    server = *known.server;
  } else {
    ask_server(questions, session, server);
  }
  if (known.table == nullptr) return survey_one(session, name, questions, known.lock_error, stop);
  while (!questions.empty()) questions.ask(session, stop);
  return *known.table;
}

std::vector<std::optional<TableFacts>> survey_tables(Connection& session, std::span<const TableName> names,
                                                     ServerFacts& server, const std::stop_token& stop) {
  std::vector<std::optional<TableFacts>> tables(names.size());
  std::vector<TableFacts> asked;
  for (const auto& name : names) asked.push_back({.asked = name});
  Questions questions;
  ask_server(questions, session, server);
  if (!names.empty()) ask_locks(questions, asked);
  questions.ask(session, stop);
  std::vector<std::optional<TableFacts>*> free;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (find_by(asked[i].locks, &HeldLock::mode, "AccessExclusiveLock") != nullptr) continue;
    tables[i] = std::move(asked[i]);
    free.push_back(&tables[i]);
  }
  if (!free.empty()) survey_or_halve(session, free, questions, stop);
  while (!questions.empty()) questions.ask(session, stop);
  return tables;
}

}  // namespace leat::jobs_detail
