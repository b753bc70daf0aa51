#include "jobs/load/staged_joins.hpp"

#include <array>

#include "jobs/report/document.hpp"

namespace leat::jobs_detail {
namespace {

// So few are soon compared with whatever the statement puts there.
constexpr std::uint64_t few_staged = 1000;

// Its plan is made when it is explained, and kept: it has no parameters on which one could depend.
const std::string prepared_join = "leat_join";

ScanEstimate estimate_scan(Connection& connection, const std::string& table, const std::stop_token& stop) {
  const Result found = connection.execute("EXPLAIN (FORMAT JSON) SELECT FROM " + table, {}, stop);
  const auto plan = nlohmann::json::parse(found.text(0, 0)).at(0).at("Plan");
  return {.rows = plan.at("Plan Rows").get<double>(), .cost = plan.at("Total Cost").get<double>()};
}

}  // namespace

bool may_compare_all(const ScanEstimate& table, std::uint64_t staged) {
  const auto rows = static_cast<double>(staged);
  return staged >= few_staged && table.rows < rows && table.cost <= rows;
}

void StagedJoins::look(std::uint64_t staged, const std::stop_token& stop) {
  may_compare_all_ =
      staged >= few_staged && may_compare_all(estimate_scan(connection_, table_, stop), staged);
}

Result StagedJoins::run(const std::string& sql, const std::stop_token& stop) const {
  if (!may_compare_all_) return connection_.execute_long(sql, {}, stop);
  const auto run = [&](const std::string& statement) { return connection_.execute(statement, {}, stop); };
  const Result before =
      run("SELECT pg_catalog.current_setting('enable_nestloop'), EXISTS (SELECT FROM "
          "pg_catalog.pg_prepared_statements WHERE name OPERATOR(pg_catalog.=) '" +
          prepared_join + "')");
  // Of a transaction that failed.
  if (before.boolean(0, 1)) static_cast<void>(run("DEALLOCATE " + prepared_join));
  static_cast<void>(run("SET LOCAL enable_nestloop = off"));
  static_cast<void>(run("PREPARE " + prepared_join + " AS " + sql));
  static_cast<void>(run("EXPLAIN EXECUTE " + prepared_join));
  const std::array<Parameter, 1> setting{std::string(before.text(0, 0))};
  static_cast<void>(
      connection_.execute("SELECT pg_catalog.set_config('enable_nestloop', $1, true)", setting, stop));
  Result result = connection_.execute_long("EXECUTE " + prepared_join, {}, stop);
  static_cast<void>(run("DEALLOCATE " + prepared_join));
  return result;
}

}  // namespace leat::jobs_detail
