#include "leat/core/retry.hpp"

#include <stdexcept>

#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Error;
using leat::ErrorKind;
using leat::next;
using leat::RetryPolicy;

namespace {

const auto any = std::make_exception_ptr(std::runtime_error("x"));

std::exception_ptr with(const char* sqlstate, bool in_doubt = false) {
  return std::make_exception_ptr(Error(ErrorKind::target, "x", {.sqlstate = sqlstate, .in_doubt = in_doubt}));
}

}  // namespace

TEST_CASE("Retry: by default nothing is tried again", "[core]") {
  CHECK_FALSE(next({}, any, 1, 0).again);
}

TEST_CASE("Retry: delays grow by the factor up to the longest", "[core]") {
  const RetryPolicy policy{
      .attempts = 10, .initial_delay = 100ms, .factor = 3, .maximum_delay = 1s, .jitter = 0};
  CHECK(next(policy, any, 1, 0.9).delay == 100ms);
  CHECK(next(policy, any, 2, 0.9).delay == 300ms);
  CHECK(next(policy, any, 3, 0.9).delay == 900ms);
  CHECK(next(policy, any, 4, 0.9).delay == 1s);
  CHECK(next(policy, any, 9, 0.9).again);
  CHECK_FALSE(next(policy, any, 10, 0.9).again);
}

TEST_CASE("Retry: jitter takes its part of a delay away", "[core]") {
  const RetryPolicy policy{.attempts = 2, .initial_delay = 100ms, .jitter = 0.5};
  CHECK(next(policy, any, 1, 0).delay == 100ms);
  CHECK(next(policy, any, 1, 0.5).delay == 75ms);
  CHECK(next(policy, any, 1, 0.999999).delay > 50ms);
  CHECK(next(policy, any, 1, 0.999999).delay < 51ms);
}

TEST_CASE("Retry: only what may not be met again is worth it, unless the policy says otherwise", "[core]") {
  RetryPolicy policy{.attempts = 2};
  CHECK(next(policy, any, 1, 0).again);
  CHECK(next(policy, with("40001"), 1, 0).again);
  CHECK_FALSE(next(policy, with("23505"), 1, 0).again);
  CHECK_FALSE(next(policy, with("08006", true), 1, 0).again);
  policy.retry_if = [](const std::exception_ptr&) { return false; };
  CHECK_FALSE(next(policy, any, 1, 0).again);
}
