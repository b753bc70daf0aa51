#include "leat/core/run_failure.hpp"

#include <utility>

#include "leat/core/detail/message_of.hpp"

namespace leat {

RunFailure::RunFailure(std::exception_ptr error)
    : error_(std::move(error)), message_(detail::message_of(error_)) {}

detail::HookError detail::unwrapped(std::exception_ptr thrown) {
  HookError found{.error = std::move(thrown)};
  for (;;) {
    try {
      std::rethrow_exception(found.error);
    } catch (const RunFailure& failure) {
      // The copy is taken before what holds it is released.
      auto inner = failure.error();
      found = {.error = std::move(inner), .ends_run = true};
    } catch (...) {
      return found;
    }
  }
}

}  // namespace leat
