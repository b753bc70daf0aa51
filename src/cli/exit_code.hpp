#pragma once

#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::cli {

inline constexpr int exit_usage = 2;
/// What was asked for is done, and the report of it could not be written.
inline constexpr int exit_output = 8;

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
    case ErrorKind::cancelled:
      return 130;
  }
  return 1;
}

[[nodiscard]] inline int exit_code(JobStatus status) {
  return status == JobStatus::done_with_rejects ? 6 : 0;
}

}  // namespace leat::cli
