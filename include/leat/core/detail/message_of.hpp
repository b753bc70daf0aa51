#pragma once

#include <exception>
#include <string>

namespace leat::detail {

/// What an exception says of itself, also one of a user's that is no std::exception. It must not be null.
[[nodiscard]] inline std::string message_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace leat::detail
