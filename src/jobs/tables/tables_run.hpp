#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "jobs/tables/tables_work.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// One run over many tables, whose options must outlive it. Used by one thread.
class TablesRun {
 public:
  /// Looks at every table on both sides.
  TablesRun(const CopyTablesOptions& options, const std::stop_token& stop);

  [[nodiscard]] std::vector<JobPlan> plan(const std::stop_token& stop);
  [[nodiscard]] CopyTablesReport run(const std::stop_token& stop);

 private:
  /// Brings back indexes and constraints that a run which did not end has left dropped.
  [[nodiscard]] std::vector<std::string> restore_indexes(const std::stop_token& stop);
  void tell_progress() const;

  TablesWork work_;
};

}  // namespace leat::jobs_detail
