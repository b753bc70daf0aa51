#pragma once

#include <functional>
#include <stop_token>

#include "jobs/prepare/load_scope.hpp"
#include "jobs/run/row_move.hpp"

namespace leat::jobs_detail {

/// How the rows of a load by one transaction are moved.
struct SingleLoad {
  const StreamOptions& stream;
  const Transform& transform;
  Workers workers{};
  /// Where the rows come from; null: the load's own rows are read, in their order.
  UnitSource* units = nullptr;
  /// Does the steps from the hook on, when all rows are there; empty: the scope does.
  std::function<void(JobReport& report, const std::stop_token& stop)> commit{};
};

/// Loads a table by one session in one transaction: whatever is not left out of `scope`.
[[nodiscard]] JobReport run_single(PreparedLoad& load, LoadScope& scope, const SingleLoad& how,
                                   const std::stop_token& stop);

}  // namespace leat::jobs_detail
