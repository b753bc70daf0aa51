#pragma once

#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/jobs/options/ad_hoc_query_options.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

/// Runs a query in one database and loads its rows into a table of another, in one transaction. The query
/// runs READ ONLY. The guarantees, errors and thread-safety are those of CopyTable.
class LEAT_EXPORT AdHocQuery {
 public:
  /// @throws Error (config) that names the wrong option, also if a parameter is missing or unused.
  explicit AdHocQuery(AdHocQueryOptions options);

  /// Connects, inspects both sides, and reports what run() would do. Does not run the job and changes
  /// nothing.
  [[nodiscard]] JobPlan plan(std::stop_token stop = {}) const;

  /// Runs the query and loads its rows. @throws the errors that CopyTable::run throws.
  JobReport run(std::stop_token stop = {}) const;

 private:
  JobReport run_whole(const std::stop_token& stop) const;

  AdHocQueryOptions options_;
};

}  // namespace leat
