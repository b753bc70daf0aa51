#include "jobs/load/staged_joins.hpp"

#include <vector>

#include "jobs/report/document.hpp"

namespace leat::jobs_detail {
namespace {

// So few are soon compared with whatever the statement puts there.
constexpr std::uint64_t few_staged = 1000;

// Its plan is made when it is explained, and kept: it has no parameters on which one could depend.
const std::string prepared_join = "leat_join";

}  // namespace

bool may_compare_all(const ScanEstimate& table, std::uint64_t staged) {
  const auto rows = static_cast<double>(staged);
  return staged >= few_staged && table.rows < rows && table.cost <= rows;
}

bool may_compare_all(Connection& connection, const std::string& table, std::uint64_t staged,
                     const std::stop_token& stop) {
  if (staged < few_staged) return false;
  const Result found = connection.execute("EXPLAIN (FORMAT JSON) SELECT FROM " + table, {}, stop);
  const auto plan = nlohmann::json::parse(found.text(0, 0)).at(0).at("Plan");
  return may_compare_all(
      {.rows = plan.at("Plan Rows").get<double>(), .cost = plan.at("Total Cost").get<double>()}, staged);
}

Result run_without_nested_loops(Connection& connection, const std::string& sql, const std::stop_token& stop) {
  const Result before = connection.execute(
      "SELECT pg_catalog.current_setting('enable_nestloop'), EXISTS (SELECT FROM "
      "pg_catalog.pg_prepared_statements WHERE name OPERATOR(pg_catalog.=) '" +
          prepared_join + "')",
      {}, stop);
  std::vector<Statement> planning{{"SET LOCAL enable_nestloop = off"},
                                  {"PREPARE " + prepared_join + " AS " + sql},
                                  {"EXPLAIN EXECUTE " + prepared_join},
                                  {"SET LOCAL enable_nestloop = " + std::string(before.text(0, 0))}};
  // Of a transaction that failed.
  if (before.boolean(0, 1)) planning.insert(planning.begin(), {"DEALLOCATE " + prepared_join});
  connection.execute_all(planning, stop);
  Result result = connection.execute_long("EXECUTE " + prepared_join, {}, stop);
  connection.execute("DEALLOCATE " + prepared_join, {}, stop);
  return result;
}

}  // namespace leat::jobs_detail
