#include "jobs/survey/survey.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::Questions;
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

void ask_locks(Questions& questions, std::span<TableFacts> facts) {
  std::vector<std::string> names;
  for (const auto& table : facts) names.push_back(table.asked.sql());
  questions.add(lock_query, {text_array(names)}, [facts](const Result& found) {
    for (std::size_t i = 0; i < found.rows(); ++i) {
      facts[static_cast<std::size_t>(found.integer(i, 0)) - 1].locks.push_back(
          {.pid = std::string(found.text(i, 1)),
           .mode = std::string(found.text(i, 2)),
           .application = std::string(found.text(i, 3)),
           .role = std::string(found.text(i, 4))});
    }
  });
}

/// Looks at tables by three rounds of questions; `first` are asked in the first one, before these, and those
/// of the server in the second one.
void survey(Connection& session, std::span<TableFacts> facts, Questions first, ServerSurvey* server,
            const std::stop_token& stop) {
  std::vector<TableName> names;
  for (const auto& table : facts) names.push_back(table.asked);
  std::vector<std::optional<TableInfo>> infos;
  postgres_detail::ask_tables(first, names, infos);
  first.ask(session, stop);
  std::vector<Oid> oids;
  std::map<Oid, TableFacts*> tables;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i]) continue;
    facts[i].info = std::move(infos[i]);
    tables.emplace(facts[i].info->oid, &facts[i]);
    oids.push_back(facts[i].info->oid);
  }
  Questions questions;
  if (server != nullptr) server->go_on(questions);
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

/// Whether the error tells of one table and not of the session.
bool is_of_a_table(const Error& error) {
  return error.sqlstate() == "42501" || error.sqlstate() == sqlstate::lock_not_available ||
         error.sqlstate() == "42P01";
}

/// Looks at these, or where one of them makes that fail at each half of them; `first` are asked once, before
/// all. In a transaction it must be one with savepoints.
void survey_or_halve(Connection& session, std::span<const TableFacts> asked,
                     std::span<std::optional<TableFacts>> into, Questions first,
                     const std::stop_token& stop) {
  std::vector<TableFacts> facts(asked.begin(), asked.end());
  first.add("SAVEPOINT leat_survey");
  try {
    survey(session, facts, std::move(first), nullptr, stop);
  } catch (const Error& error) {
    if (!session.is_open() || !is_of_a_table(error)) throw;
    static_cast<void>(session.execute("ROLLBACK TO SAVEPOINT leat_survey", {}, stop));
    if (asked.size() == 1) return;
    const std::size_t half = asked.size() / 2;
    survey_or_halve(session, asked.first(half), into.first(half), {}, stop);
    survey_or_halve(session, asked.subspan(half), into.subspan(half), {}, stop);
    return;
  }
  static_cast<void>(session.execute("RELEASE SAVEPOINT leat_survey", {}, stop));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    if (facts[i].info) into[i] = std::move(facts[i]);
  }
}

/// One table, whose obstacle is among its facts.
TableFacts survey_one(Connection& session, const TableName& name, ServerSurvey* server,
                      const std::stop_token& stop) {
  TableFacts facts{.asked = name};
  try {
    Questions first;
    if (server != nullptr) server->begin(first);
    // Before the others, since it waits for no lock.
    ask_locks(first, std::span(&facts, 1));
    survey(session, std::span(&facts, 1), std::move(first), server, stop);
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

}  // namespace

std::string describe(const LockHolder& holder) {
  return "session " + holder.pid + " (" + holder.role + ", " + holder.application + ") holds " + holder.mode;
}

TableFacts survey_table(Connection& session, const TableName& name, const std::stop_token& stop) {
  return survey_one(session, name, nullptr, stop);
}

SideFacts survey_side(Connection& session, const TableName& name, const KnownFacts& known,
                      const std::stop_token& stop) {
  if (known.server == nullptr && known.table == nullptr && !known.lock_error) {
    ServerSurvey server(session);
    TableFacts table = survey_one(session, name, &server, stop);
    return {.server = server.facts(), .table = std::move(table)};
  }
  SideFacts facts{.server = known.server != nullptr ? *known.server : survey_server(session, stop)};
  facts.table = known.table != nullptr ? *known.table
                : known.lock_error     ? survey_locked_table(session, name, *known.lock_error, stop)
                                       : survey_table(session, name, stop);
  return facts;
}
TableFacts survey_locked_table(Connection& session, const TableName& name, const Error& error,
                               const std::stop_token& stop) {
  TableFacts facts{.asked = name};
  Questions questions;
  ask_locks(questions, std::span(&facts, 1));
  questions.ask(session, stop);
  facts.obstacle = to_finding("lock_conflict", error);
  if (!facts.locks.empty()) facts.obstacle->detail = describe(facts.locks.front());
  return facts;
}

TablesFacts survey_tables(Connection& session, std::span<const TableName> names,
                          const std::stop_token& stop) {
  ServerSurvey server(session);
  std::vector<TableFacts> asked;
  for (const auto& name : names) asked.push_back({.asked = name});
  Questions questions;
  server.begin(questions);
  if (!names.empty()) ask_locks(questions, asked);
  questions.ask(session, stop);
  server.go_on(questions);
  std::vector<TableFacts> free;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto& locks = asked[i].locks;
    const bool locked = std::any_of(locks.begin(), locks.end(), [](const LockHolder& holder) {
      return holder.mode == "AccessExclusiveLock";
    });
    if (locked) continue;
    free.push_back(asked[i]);
    positions.push_back(i);
  }
  std::vector<std::optional<TableFacts>> found(free.size());
  if (free.empty()) {
    questions.ask(session, stop);
  } else {
    survey_or_halve(session, free, found, std::move(questions), stop);
  }
  TablesFacts all{.server = server.facts(), .tables = {}};
  all.tables.resize(names.size());
  for (std::size_t i = 0; i < found.size(); ++i) all.tables[positions[i]] = std::move(found[i]);
  return all;
}

}  // namespace leat::jobs_detail
