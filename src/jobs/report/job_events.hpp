#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

// What a job's log tells: docs/logs.md lists the events and their fields.

/// What the messages call the work that begins and ends.
inline constexpr std::string_view the_job = "the job";
inline constexpr std::string_view the_comparison = "the comparison";
inline constexpr std::string_view the_repair = "the repair";

void log_begin(const Logger& log, std::string_view mode, std::string_view work = the_job);
void log_end(const Logger& log, const JobReport& report);
void log_end(const Logger& log, const Error& error, std::string_view work = the_job);

/// Runs `run`, and logs its begin and its end: by `end` what it returns, or the error.
template <class Run, class End>
[[nodiscard]] auto logged_work(const Logger& log, std::string_view mode, std::string_view work,
                               const Run& run, const End& end) {
  log_begin(log, mode, work);
  try {
    auto report = run();
    end(report);
    return report;
  } catch (const Error& error) {
    log_end(log, error, work);
    throw;
  }
}

/// Runs a job, and logs its begin and its end: what was moved, or the error.
[[nodiscard]] JobReport logged_run(const Logger& log, std::string_view mode,
                                   const std::function<JobReport()>& run);

/// The time since then, for an event's "seconds".
[[nodiscard]] inline std::chrono::duration<double> since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::steady_clock::now() - begin;
}

}  // namespace leat::jobs_detail
