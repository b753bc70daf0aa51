#pragma once

#include <stop_token>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat {

/// Copies many tables, all from one snapshot of the source.
///
/// Tables that are joined by foreign keys are loaded together in one transaction, parents first. Every other
/// table is loaded in a transaction of its own, the largest table first. So joined tables are replaced all
/// together or not at all, and the failure of one table does not hide the failures of others. An object may
/// run again; it must not run twice at the same time.
class LEAT_EXPORT CopyTables {
 public:
  /// @throws Error (config) that names the wrong option.
  explicit CopyTables(CopyTablesOptions options);

  /// Connects, inspects every table on both sides, and reports what run() would do: one plan for each table,
  /// in the order in which the tables would start. Changes nothing.
  [[nodiscard]] std::vector<JobPlan> plan(std::stop_token stop = {}) const;

  /// Copies the tables. If a table fails, its error is in the report. The call throws only if no table could
  /// be started; the errors are then those of CopyTable::run.
  CopyTablesReport run(std::stop_token stop = {}) const;

 private:
  CopyTablesOptions options_;
};

}  // namespace leat
