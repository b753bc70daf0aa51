#pragma once

#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::cli {

/// As diff(1) has it.
inline constexpr int exit_different = 1;
inline constexpr int exit_usage = 2;
inline constexpr int exit_rejects = 6;
/// What was expected of rows is not so.
inline constexpr int exit_expectation = 8;
/// What was asked for is done, and the report of it could not be written.
inline constexpr int exit_output = 9;
/// A stop was requested. Where a signal did that, Interrupt::exit_code() tells which.
inline constexpr int exit_stopped = 130;

/// What the command returns to its shell for this error.
[[nodiscard]] inline int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::config:
      return exit_usage;
    case ErrorKind::source:
      return 3;
    case ErrorKind::target:
      return 4;
    case ErrorKind::transform:
      return 5;
    case ErrorKind::verify:
      return 7;
    case ErrorKind::expectation:
      return exit_expectation;
    case ErrorKind::cancelled:
      return exit_stopped;
  }
  return exit_usage;
}

[[nodiscard]] inline int exit_code(JobStatus status) {
  return status == JobStatus::done_with_rejects ? exit_rejects : 0;
}

}  // namespace leat::cli
