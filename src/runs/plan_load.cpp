#include "leat/core/error.hpp"
#include "runs/run_attempt.hpp"

namespace leat::runs_detail {
namespace {

std::vector<JobPlan> plans_of(const RunContext& run, const LoadDocument& load, const std::stop_token& stop) {
  if (load.what == LoadDocument::What::tables) {
    return CopyTables(tables_options(run, load, chosen_tables(run, load, {}, stop))).plan(stop);
  }
  if (is_query(load)) return {AdHocQuery(query_options(run, load)).plan(stop)};
  return {CopyTable(table_options(run, load, stop)).plan(stop)};
}

}  // namespace

Error with_place(const LoadDocument& load, const Error& error) {
  const auto place = place_of(load, error);
  return place ? error.at(to_text(*place)) : error;
}

void check_load(const RunContext& run, const LoadDocument& load) {
  try {
    if (load.what == LoadDocument::What::tables) {
      static_cast<void>(CopyTables(tables_options(run, load, {{.from = "t", .to = "t"}})));
    } else if (is_query(load)) {
      static_cast<void>(AdHocQuery(query_options(run, load)));
    } else {
      LoadDocument without_values = load;
      without_values.where.clear();
      static_cast<void>(CopyTable(table_options(run, without_values, {})));
    }
  } catch (const Error& error) {
    throw error.with_message("load " + load.name + ": " + error.what());
  }
}

LoadPlan plan_load(const RunContext& run, const LoadDocument& load, const std::stop_token& stop) {
  LoadPlan plan{.name = load.name, .after = load.after};
  try {
    plan.plans = plans_of(run, load, stop);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    plan.error = with_place(load, error);
  }
  return plan;
}

}  // namespace leat::runs_detail
