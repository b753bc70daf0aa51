#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"

namespace leat {

/// How serious a finding is for the job.
enum class Severity {
  error,    ///< the job does not start
  warning,  ///< the job starts, but the user should know
  note,     ///< the job starts, and all is well
};

/// "error", "warning" or "note".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(Severity severity);

/// A result of the checks that run before the first row. docs/preflight.md lists the codes.
struct Finding {
  Severity severity = Severity::error;
  std::string code{};  ///< stable: "column_missing"
  ErrorKind side = ErrorKind::config;
  std::string message{};
  std::string sqlstate{};  ///< which the server would report, or has reported
  std::string detail{};
  std::string hint{};
};

/// The finding for people: `error: column_missing (42703): …`, and lines for detail and hint. Each line ends
/// with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const Finding& finding);

/// The error as a finding.
[[nodiscard]] LEAT_EXPORT Finding to_finding(std::string code, const Error& error);

/// True if the severity of a finding is error.
[[nodiscard]] LEAT_EXPORT bool has_error(std::span<const Finding> findings) noexcept;

/// The exception of a job that cannot start. If there is one error, it is that error. If there are several,
/// it lists all of them and has the kind and SQLSTATE of the first. At least one finding must be an error.
[[nodiscard]] LEAT_EXPORT Error to_error(std::span<const Finding> findings);

}  // namespace leat
