#include "jobs/survey/preflight.hpp"

#include <array>

#include "jobs/options/lists.hpp"
#include "jobs/report/target_finding.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

/// `comes_back` tells that the new rows are there when the server checks keys.
Finding still_referenced(const TableName& table, const ReferencingKey& key, bool comes_back) {
  const bool is_checked_late = key.is_deferred || (comes_back && key.on_delete != 'r');
  return {.severity = is_checked_late ? Severity::warning : Severity::error,
          .code = "rows_referenced",
          .side = ErrorKind::target,
          .message = "rows of " + key.table.display() + " reference rows of " + table.display() +
                     (is_checked_late ? ", which must be among the new ones"
                                      : ", which so cannot be deleted to replace them"),
          .sqlstate = "23503",
          .detail = "foreign key " + quote_identifier(key.constraint),
          .hint =
              "upsert or append instead, copy the two tables together (copy-tables), or "
              "Triggers::disable"};
}

}  // namespace

void check_sequences(const TableFacts& facts, std::span<const std::string> columns,
                     std::vector<Finding>& findings) {
  const TableName& table = facts.info->name;
  for (const auto& sequence : facts.sequences) {
    if (!contains(columns, sequence.column)) continue;
    const bool reads = !contains(facts.not_readable, sequence.column);
    if (sequence.may_set && reads) continue;
    findings.push_back(target_warning(
        "sequence_not_advanced",
        "this role may not advance the sequence " + sequence.name.display() +
            " behind the values that are loaded into the column " + quote_identifier(sequence.column) +
            " of " + table.display() + ", so that it may give them again",
        !reads ? "GRANT SELECT ON " + table.sql() + " TO it"
               : "GRANT SELECT, UPDATE ON SEQUENCE " + sequence.name.sql() + " TO it"));
  }
}

void check_dependents(Connection& session, const TableFacts& facts, WriteMode mode, bool silent,
                      std::vector<Finding>& findings, const std::stop_token& stop) {
  if (mode == WriteMode::replace && !facts.empties_by_delete) return;
  const bool by_key = uses_key(mode);  // so that it is known only at the end which rows go
  const bool comes_back = mode == WriteMode::swap && !facts.changes_itself;
  for (const auto& key : facts.referencing) {
    if (silent && !key.changes_rows()) continue;
    const std::string name = key.table.display();
    const std::array<Parameter, 1> parameters{key.table.sql()};
    const Result found = session.execute(
        "SELECT pg_catalog.has_table_privilege($1, 'SELECT'), pg_catalog.has_table_privilege($1, "
        "'UPDATE, DELETE, TRUNCATE')",
        parameters, stop);
    const bool may_read = found.boolean(0, 0);
    if (key.changes_rows() && !(may_read && found.boolean(0, 1))) {
      findings.push_back(
          target_error("privilege_missing",
                       "deleting rows of " + facts.info->name.display() + " needs a look into " + name +
                           ", whose rows would go along (foreign key " + quote_identifier(key.constraint) +
                           "), and this role may not lock and read it",
                       "42501", "GRANT SELECT, DELETE ON " + key.table.sql() + " TO it, or append instead"));
      continue;
    }
    if (!may_read || by_key) continue;
    try {
      if (!TableManager(session).has_references(key, stop)) continue;
    } catch (const Error& error) {
      if (!session.is_open()) throw;
      findings.push_back(to_finding(
          error.sqlstate() == sqlstate::lock_not_available ? "lock_conflict" : "refused",
          error.with_message("a look into " + name +
                             ", whose rows may reference those that are replaced: " + error.what())));
      return;
    }
    findings.push_back(key.changes_rows() ? to_finding("rows_would_go_along",
                                                       postgres_detail::would_go_along(facts.info->name, key))
                                          : still_referenced(facts.info->name, key, comes_back));
  }
}

}  // namespace leat::jobs_detail
