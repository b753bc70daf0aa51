#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/error.hpp"

namespace leat {

/// What a finding means for the job.
enum class Severity {
  error,    ///< the job does not start
  warning,  ///< it does; a user should know
  note,     ///< it does, and nothing is amiss
};

/// "error", "warning" or "note".
[[nodiscard]] std::string_view to_string(Severity severity);

/// Something that was found before the first row. docs/preflight.md lists the codes.
struct Finding {
  Severity severity = Severity::error;
  std::string code{};  ///< stable: "column_missing"
  ErrorKind side = ErrorKind::config;
  std::string message{};
  std::string sqlstate{};  ///< that the server would answer with, or has answered with
  std::string detail{};
  std::string hint{};
};

/// The finding that an error stands for.
[[nodiscard]] Finding to_finding(std::string code, const Error& error);

[[nodiscard]] bool has_error(std::span<const Finding> findings) noexcept;

/// What a job throws that cannot start: the only error, or one that tells all of them, with the kind and
/// SQLSTATE of the first. There must be an error among them.
[[nodiscard]] Error to_error(std::span<const Finding> findings);

}  // namespace leat
