#include "jobs/load/publication.hpp"

#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
TableName staging_table(std::size_t number) {
  return {.schema = "pg_temp", .name = number == 0 ? "leat_load" : "leat_load_" + std::to_string(number)};
}

void Publication::publish(const std::stop_token& stop) {
  remove(stop);
  put(stop);
  prune(stop);
}

std::vector<std::uint64_t> Publication::change_as_one(const std::vector<RowChange>& changes,
                                                      const std::stop_token& stop) const {
  if (changes.size() == 1) return {join(changes.front().sql, stop).affected()};
  const Result found = join(as_one_statement(changes), stop);
  std::vector<std::uint64_t> counts;
  for (std::size_t i = 0; i < changes.size(); ++i) counts.push_back(count_in(found, i));
  return counts;
}

std::vector<std::string> Publication::planned(const std::vector<RowChange>& changes, bool as_one) {
  if (as_one && changes.size() > 1) return {as_one_statement(changes)};
  std::vector<std::string> statements;
  for (const auto& one : changes) statements.push_back(one.sql);
  return statements;
}

void Publication::keep_writers_out(const std::stop_token& stop) const {
  if (facts().may_lock) lock_table(connection(), sql_.lock(), table().name, stop);
  check_effects(connection(), facts(), true, stop);
}

void Publication::hold(const ReferencingKey& key, const std::stop_token& stop) const {
  lock_table(connection(), "LOCK TABLE " + key.table.sql() + " IN SHARE MODE", key.table, stop);
}

LoadCounts Publication::end(const std::stop_token& stop) {
  static_cast<void>(connection().execute("DROP TABLE " + sql_.staging().sql(), {}, stop));
  return counts_;
}

void lock_table(Connection& connection, const std::string& sql, const TableName& table,
                const std::stop_token& stop) {
  try {
    static_cast<void>(connection.execute_long(sql, {}, stop));
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::lock_not_available) throw;
    throw Error(ErrorKind::target,
                table.display() +
                    " could not be locked for the end of the load: others that write to it do not "
                    "end; nothing was committed",
                {.sqlstate = sqlstate::lock_not_available,
                 .detail = error.what(),
                 .hint = "run the job again when they have, or with a longer .lock_timeout"});
  }
}

void check_effects(Connection& connection, const TableFacts& facts, bool keys, const std::stop_token& stop) {
  TableFacts now;
  const Oid oid = facts.info->oid;
  postgres_detail::Questions questions;
  ask_facts(questions, std::span(&oid, 1), {{oid, &now}});
  questions.ask(connection, stop);
  if (facts.has_same_effects(now, keys)) return;
  throw Error(ErrorKind::target,
              facts.info->name.display() +
                  " has got or lost triggers, rules or foreign keys since it was looked at; nothing was "
                  "committed",
              {.sqlstate = "55000", .hint = "run the job again"});
}

Error rows_were_kept(const TableInfo& table, const std::string& triggers) {
  return {ErrorKind::target,
          table.name.display() + " kept rows that were to be deleted; nothing was committed",
          {.sqlstate = "P0001", .hint = "triggers of the target keep them: " + triggers}};
}

void Publication::check_deleted(std::uint64_t wanted, std::uint64_t deleted) const {
  if (deleted < wanted) throw rows_were_kept(table(), facts().triggers_on(on_delete, is_silent()));
}

}  // namespace leat::jobs_detail
