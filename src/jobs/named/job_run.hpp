#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// Copies by slices that are committed one by one, with their rows in the target's ledger, under the job's
/// name: goes on where an earlier run has ended, and after errors that may pass. The ledger of an unnamed job
/// is gone at its end. `snapshot`: of another session, in which the source is read as long as it is there.
[[nodiscard]] JobReport run_job(const CopyTableOptions& options, bool is_unnamed, const std::stop_token& stop,
                                std::optional<std::string> snapshot = {});

}  // namespace leat::jobs_detail
