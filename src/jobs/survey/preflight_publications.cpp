#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/report/target_finding.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

/// Whether somebody keeps writers out, behind whom a question would wait.
bool keeps_writers_out(const HeldLock& lock) {
  constexpr std::array<std::string_view, 4> modes{"ShareLock", "ShareRowExclusiveLock", "ExclusiveLock",
                                                  "AccessExclusiveLock"};
  return contains(modes, lock.mode);
}

/// A column that an UPDATE may set to itself; null for none.
const TableColumn* column_to_set(const TableInfo& table) {
  const auto found = std::find_if(table.columns.begin(), table.columns.end(), [](const TableColumn& column) {
    return !column.generated && column.identity != Identity::always;
  });
  return found == table.columns.end() ? nullptr : &*found;
}

/// What the server says against the statement when it plans it; nullopt for nothing that is about its
/// publications, as other things have findings of their own.
std::optional<Error> refusal_of(Connection& session, const std::string& statement,
                                const std::stop_token& stop) {
  constexpr std::array<std::string_view, 2> of_publications{"55000", "42P10"};
  const auto refused = behind_savepoint(
      session, stop,
      [&] {
        static_cast<void>(session.execute("EXPLAIN " + statement, {}, stop));
        // With what was done goes the lock, which several jobs that want a stronger one next would hold
        // against each other.
        static_cast<void>(session.execute("ROLLBACK TO SAVEPOINT leat_try", {}, stop));
      },
      [](const Error& error) { return !error.sqlstate().empty() && error.kind() != ErrorKind::cancelled; });
  if (!refused || !contains(of_publications, refused->sqlstate())) return std::nullopt;
  return refused;
}

}  // namespace

void check_replica_identity(Connection& session, const TableFacts& facts, WriteMode mode,
                            std::vector<Finding>& findings, const std::stop_token& stop) {
  const TableInfo& table = *facts.info;
  const bool is_table = table.kind == RelationKind::table || table.kind == RelationKind::partitioned_table;
  if (!facts.may_be_published || !is_table || !facts.write_rules.empty()) return;
  if (std::any_of(facts.locks.begin(), facts.locks.end(), keeps_writers_out)) return;
  const bool updates = mode == WriteMode::upsert || mode == WriteMode::sync;
  const bool deletes = mode == WriteMode::swap || mode == WriteMode::delete_insert ||
                       mode == WriteMode::sync || (mode == WriteMode::replace && facts.empties_by_delete);
  std::optional<Error> refused;
  if (deletes) refused = refusal_of(session, "DELETE FROM " + postgres_detail::only_sql(table), stop);
  const TableColumn* const column = column_to_set(table);
  if (updates && !refused && column != nullptr) {
    const std::string name = quote_identifier(column->name);
    refused = refusal_of(session,
                         "UPDATE " + postgres_detail::only_sql(table) + " SET " + name + " = " + name, stop);
  }
  if (!refused) return;
  findings.push_back(target_error("replica_identity",
                                  table.name.display() + " is published, and " +
                                      std::string(to_string(mode)) +
                                      " is refused by the server: " + refused->what(),
                                  refused->sqlstate(),
                                  "ALTER TABLE … REPLICA IDENTITY (FULL, or USING INDEX …) of the table that "
                                  "is named, or append instead"));
}

}  // namespace leat::jobs_detail
