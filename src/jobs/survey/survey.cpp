#include "jobs/survey/survey.hpp"

#include <map>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::Questions;
using postgres_detail::text_array;

// $1 names of tables: who holds locks on them. Waits for no lock itself.
constexpr const char* lock_query = R"(
SELECT t.position, l.pid, l.mode,
  pg_catalog.concat('session ', l.pid, ' (', a.usename, ', ', a.application_name, ') holds ', l.mode)
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS t(name, position)
JOIN pg_catalog.pg_locks l ON l.relation = pg_catalog.to_regclass(t.name)
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
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
      facts.obstacle->detail = facts.locks.front().holder;
    }
    facts.info.reset();
  }
  return facts;
}

}  // namespace

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
