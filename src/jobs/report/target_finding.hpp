#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "leat/data/store/finding.hpp"

namespace leat::jobs_detail {

/// What the target keeps the job from starting by, with the SQLSTATE that its server would report, and what a
/// user can do.
[[nodiscard]] inline Finding target_error(const char* code, std::string message, std::string_view sqlstate,
                                          std::string hint) {
  return {.code = code,
          .side = ErrorKind::target,
          .message = std::move(message),
          .sqlstate = std::string(sqlstate),
          .hint = std::move(hint)};
}

/// What a user should know of the target before the job starts.
[[nodiscard]] inline Finding target_warning(const char* code, std::string message, std::string hint = {}) {
  return {.severity = Severity::warning,
          .code = code,
          .side = ErrorKind::target,
          .message = std::move(message),
          .hint = std::move(hint)};
}

}  // namespace leat::jobs_detail
