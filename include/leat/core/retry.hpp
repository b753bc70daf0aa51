#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <string_view>

namespace leat {

/// Whether an error may not be met again.
using RetryPredicate = std::function<bool(const std::exception_ptr&)>;

/// How often something that failed is tried again, and after which delay. With the defaults: never.
struct RetryPolicy {
  // Behaviour

  /// Attempts in all, the first one counted. Must be > 0.
  int attempts = 1;
  /// Before the second attempt. Must be >= 0.
  std::chrono::milliseconds initial_delay{100};
  /// What each delay is multiplied by for the next one. Must be >= 1.
  double factor = 2;
  /// No delay is longer. Must be >= initial_delay.
  std::chrono::milliseconds maximum_delay{30'000};
  /// The part of a delay that is random, from 0 to 1: a delay of d lasts between d * (1 - jitter) and d.
  double jitter = 0.5;
  /// Which errors are worth another attempt; empty = worth_retrying.
  RetryPredicate retry_if{};
};

/// Every error, but an Error that says it is not retryable().
[[nodiscard]] bool worth_retrying(const std::exception_ptr& error);

/// What to do about a failure.
struct RetryDecision {
  bool again = false;
  std::chrono::nanoseconds delay{};
};

/// Decides after `attempt` (the first is 1) failed. `random` is from [0, 1). A pure function.
[[nodiscard]] RetryDecision next(const RetryPolicy& policy, const std::exception_ptr& failure, int attempt,
                                 double random);

/// @throws Error (config) that names the field, after `name`.
void validate(const RetryPolicy& policy, std::string_view name);

}  // namespace leat
