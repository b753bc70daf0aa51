#pragma once

#include <stop_token>
#include <vector>

#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat {

/// Copies many tables, all from one snapshot.
///
/// Tables that foreign keys join are loaded in one transaction, parents first; every other table in one of
/// its own, the largest first. So what was joined is replaced as a whole or not at all, and one table's
/// failure does not hide the others'. An object may run again; one object runs once at a time.
class CopyTables {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit CopyTables(CopyTablesOptions options);

  /// Connects, looks at every table on both sides, and tells what run() would do, a plan for each in the
  /// order in which they would start. Changes nothing.
  [[nodiscard]] std::vector<JobPlan> plan(std::stop_token stop = {}) const;

  /// Copies. A table's failure is in the report; it throws only where nothing could begin, as CopyTable::run
  /// does.
  CopyTablesReport run(std::stop_token stop = {}) const;

 private:
  CopyTablesOptions options_;
};

}  // namespace leat
