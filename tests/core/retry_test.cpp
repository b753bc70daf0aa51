#include "leat/core/retry.hpp"

#include <algorithm>
#include <climits>
#include <stdexcept>

#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::decide_retry;
using leat::decide_unit_retry;
using leat::Doubt;
using leat::Error;
using leat::ErrorKind;
using leat::retry_delay;
using leat::RetryAction;
using leat::RetryPolicy;

namespace {

const auto any = std::make_exception_ptr(std::runtime_error("x"));

std::exception_ptr with(const char* sqlstate, bool in_doubt = false) {
  return std::make_exception_ptr(Error(ErrorKind::target, "x", {.sqlstate = sqlstate, .in_doubt = in_doubt}));
}

Error failed(const char* sqlstate, ErrorKind kind = ErrorKind::target) {
  return Error(kind, "x", {.sqlstate = sqlstate});
}

Error lost_commit(ErrorKind kind = ErrorKind::target) {
  return Error(kind, "x", {.sqlstate = "08006", .in_doubt = true});
}

}  // namespace

TEST_CASE("Retry: by default nothing is tried again", "[core]") {
  CHECK_FALSE(decide_retry({}, any, 1, 0).again);
}

TEST_CASE("Retry: delays grow by the factor up to the longest", "[core]") {
  const RetryPolicy policy{
      .attempts = 10, .initial_delay = 100ms, .factor = 3, .maximum_delay = 1s, .jitter = 0};
  CHECK(decide_retry(policy, any, 1, 0.9).delay == 100ms);
  CHECK(decide_retry(policy, any, 2, 0.9).delay == 300ms);
  CHECK(decide_retry(policy, any, 3, 0.9).delay == 900ms);
  CHECK(decide_retry(policy, any, 4, 0.9).delay == 1s);
  CHECK(decide_retry(policy, any, 9, 0.9).again);
  CHECK_FALSE(decide_retry(policy, any, 10, 0.9).again);
}

TEST_CASE("Retry: jitter takes its part of a delay away", "[core]") {
  const RetryPolicy policy{.attempts = 2, .initial_delay = 100ms, .jitter = 0.5};
  CHECK(decide_retry(policy, any, 1, 0).delay == 100ms);
  CHECK(decide_retry(policy, any, 1, 0.5).delay == 75ms);
  CHECK(decide_retry(policy, any, 1, 0.999999).delay > 50ms);
  CHECK(decide_retry(policy, any, 1, 0.999999).delay < 51ms);
}

TEST_CASE("Retry: only what may not be met again is worth it, unless the policy says otherwise", "[core]") {
  RetryPolicy policy{.attempts = 2};
  CHECK(decide_retry(policy, any, 1, 0).again);
  CHECK(decide_retry(policy, with("40001"), 1, 0).again);
  CHECK_FALSE(decide_retry(policy, with("23505"), 1, 0).again);
  CHECK_FALSE(decide_retry(policy, with("08006", true), 1, 0).again);
  policy.retry_if = [](const std::exception_ptr&) { return false; };
  CHECK_FALSE(decide_retry(policy, any, 1, 0).again);
}

TEST_CASE("Retry: a delay never passes the longest, however many attempts there were", "[core]") {
  const RetryPolicy policy{.attempts = INT_MAX, .initial_delay = 1ms, .factor = 10, .maximum_delay = 5s};
  for (const int attempt : {5, 20, 400, 2'000'000, INT_MAX - 1}) {
    CHECK(retry_delay(policy, attempt, 0) == 5s);
    CHECK(retry_delay(policy, attempt, 0.999999) >= 2500ms);
  }
  const RetryPolicy at_once{.attempts = INT_MAX, .initial_delay = 0ms};
  CHECK(retry_delay(at_once, 1, 0) == 0s);
  CHECK(retry_delay(at_once, 2'000'000, 0) == 0s);
  const RetryPolicy patient{.initial_delay = std::chrono::milliseconds::max(),
                            .maximum_delay = std::chrono::milliseconds::max()};
  CHECK(retry_delay(patient, 1, 0) > 24h);
  CHECK(retry_delay(patient, 3, 0.5) > 24h);
}

TEST_CASE("Retry: a delay with jitter lies between d * (1 - jitter) and d", "[core]") {
  const RetryPolicy policy{.initial_delay = 100ms, .factor = 2, .maximum_delay = 700ms, .jitter = 0.25};
  for (int attempt = 1; attempt < 12; ++attempt) {
    const auto full = retry_delay(policy, attempt, 0);
    CHECK(full == std::min<std::chrono::nanoseconds>(700ms, 100ms * (1 << (attempt - 1))));
    std::chrono::nanoseconds before = full + 1ns;
    for (int step = 0; step < 100; ++step) {
      const auto delay = retry_delay(policy, attempt, step / 100.0);
      CHECK(delay < before);
      CHECK(delay >= full * 3 / 4);
      before = delay;
    }
  }
}

TEST_CASE("Retry: of what fails on a server only the transient classes are tried again", "[core]") {
  const RetryPolicy policy{.attempts = 3, .initial_delay = 100ms, .jitter = 0};
  for (const char* transient :
       {"08000", "08001", "08006", "40001", "40P01", "53100", "53300", "55P03", "57P01", "57P02", "57P03"}) {
    INFO(transient);
    CHECK(decide_unit_retry(policy, failed(transient), 1, 0).action == RetryAction::retry);
    CHECK(decide_unit_retry(policy, failed(transient, ErrorKind::source), 1, 0).action == RetryAction::retry);
  }
  for (const char* lasting : {"", "23505", "22P02", "25P02", "40002", "42P01", "42501", "57014", "XX000"}) {
    INFO(lasting);
    CHECK(decide_unit_retry(policy, failed(lasting), 1, 0).action == RetryAction::fail);
  }
  for (const auto kind : {ErrorKind::config, ErrorKind::transform, ErrorKind::verify, ErrorKind::cancelled}) {
    CHECK(decide_unit_retry(policy, failed("40001", kind), 1, 0).action == RetryAction::fail);
  }
}

TEST_CASE("Retry: on a server, too, attempts are counted and delays grow", "[core]") {
  const RetryPolicy policy{.attempts = 3, .initial_delay = 100ms, .jitter = 0};
  CHECK(decide_unit_retry(policy, failed("08006"), 1, 0).delay == 100ms);
  CHECK(decide_unit_retry(policy, failed("08006"), 2, 0).delay == 200ms);
  CHECK(decide_unit_retry(policy, failed("08006"), 3, 0).action == RetryAction::fail);
  CHECK(decide_unit_retry({}, failed("08006"), 1, 0).action == RetryAction::fail);
}

TEST_CASE("Retry: what is in doubt is resolved before anything is done again", "[core]") {
  const RetryPolicy policy{.attempts = 2, .initial_delay = 100ms, .jitter = 0};
  CHECK(decide_unit_retry(policy, lost_commit(), 1, 0).action == RetryAction::resolve);
  CHECK(decide_unit_retry(policy, lost_commit(), 1, 0).delay == 100ms);
  CHECK(decide_unit_retry(policy, failed("08007"), 1, 0).action == RetryAction::resolve);
  // The last attempt may have been committed as well.
  CHECK(decide_unit_retry(policy, lost_commit(), 2, 0).action == RetryAction::resolve);
  CHECK(decide_unit_retry(policy, lost_commit(), 1, 0, Doubt::resolved).action == RetryAction::retry);
  CHECK(decide_unit_retry(policy, lost_commit(), 2, 0, Doubt::resolved).action == RetryAction::fail);
  // Who stopped the job wants neither.
  CHECK(decide_unit_retry(policy, lost_commit(ErrorKind::cancelled), 1, 0).action == RetryAction::fail);
}

TEST_CASE("Retry: a policy of its own says what is tried again, but not of what is in doubt", "[core]") {
  RetryPolicy policy{.attempts = 2};
  policy.retry_if = [](const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const Error& known) {
      return known.sqlstate() == "23505";
    }
  };
  CHECK(decide_unit_retry(policy, failed("23505"), 1, 0).action == RetryAction::retry);
  CHECK(decide_unit_retry(policy, failed("40001"), 1, 0).action == RetryAction::fail);
  CHECK(decide_unit_retry(policy, lost_commit(), 1, 0).action == RetryAction::resolve);
}
