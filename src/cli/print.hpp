#pragma once

#include <string>

#include "leat/jobs/report/job_report.hpp"

namespace leat::cli {

/// For people: a few lines each, ending with a line break.
[[nodiscard]] std::string plans_text(const std::vector<JobPlan>& plans);
[[nodiscard]] std::string findings_text(const JobPlan& plan);
[[nodiscard]] std::string plan_text(const JobPlan& plan);
/// Said at the end of a plan.
[[nodiscard]] std::string nothing_was_changed();
/// to_text() after the command's name.
[[nodiscard]] std::string error_text(const Error& error);

}  // namespace leat::cli
