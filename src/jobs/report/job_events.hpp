#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

// What a job's log tells: docs/logs.md lists the events and their fields.

void log_begin(const Logger& log, std::string_view mode);
void log_end(const Logger& log, const JobReport& report);
void log_end(const Logger& log, const Error& error);

/// Runs a job, and logs its begin and its end: what was moved, or the error.
[[nodiscard]] JobReport logged_run(const Logger& log, std::string_view mode,
                                   const std::function<JobReport()>& run);

/// The time since then, for an event's "seconds".
[[nodiscard]] inline std::chrono::duration<double> since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace leat::jobs_detail
