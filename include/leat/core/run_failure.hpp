#pragma once

#include <exception>
#include <string>

#include "leat/core/detail/export.hpp"

namespace leat {

/// Thrown by a hook of a pipeline whose error is not of its item: no other item can be done either, or the
/// work of others is lost with it. The run ends with `error()`, whatever PipelineOptions::on_failure says,
/// and no other attempt is made. WorkItem::fail() takes it, too.
///
///     if (!table_is_there) throw RunFailure(std::make_exception_ptr(error));
class LEAT_EXPORT RunFailure : public std::exception {
 public:
  /// `error` must not be null.
  explicit RunFailure(std::exception_ptr error);

  /// What run() throws.
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::exception_ptr error_;
  std::string message_;
};

namespace detail {

/// A hook's error, and whether it ends the run.
struct HookError {
  std::exception_ptr error;
  bool ends_run = false;
};
/// Without the RunFailure around it, if there is one.
[[nodiscard]] LEAT_EXPORT HookError unwrapped(std::exception_ptr thrown);

}  // namespace detail
}  // namespace leat
