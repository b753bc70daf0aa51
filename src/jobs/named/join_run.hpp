#pragma once

#include <stop_token>
#include <string>

#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/jobs/options/join_options.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// Takes part in the attempt of a job that is at work now, until no unit is left. `own` has the target,
/// limits and the log.
[[nodiscard]] JobReport join_job(const std::string& name, const JoinOptions& join,
                                 const CopyTableOptions& own, const std::stop_token& stop);

}  // namespace leat::jobs_detail
