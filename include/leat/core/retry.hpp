#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <string_view>

#include "leat/core/error.hpp"

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

/// How long to wait after `attempt` (the first is 1) failed: never longer than maximum_delay, however many
/// there were. `random` is from [0, 1). A pure function.
[[nodiscard]] std::chrono::nanoseconds backoff(const RetryPolicy& policy, int attempt, double random);

/// What to do about a unit of work that failed on a server.
enum class RetryAction {
  fail,     ///< give up with the error
  retry,    ///< do it again after the delay
  resolve,  ///< ask the server, after the delay, whether it was committed; never do it again before
};

struct RetryStep {
  RetryAction action = RetryAction::fail;
  std::chrono::nanoseconds delay{};
};

/// What is known of a COMMIT whose answer did not come.
enum class Doubt {
  open,      ///< as the error says
  resolved,  ///< the server was asked since, and nothing of the unit is there
};

/// Decides after `attempt` (the first is 1) failed, for work that is done on servers: unlike next() it tries
/// nothing again but what policy.retry_if, or else is_transient_sqlstate(), says, and only errors of the
/// source or the target. An error in doubt is to be resolved, also after the last attempt, since to ask is no
/// attempt: when nothing is there, decide again with Doubt::resolved. `random` is from [0, 1). A pure
/// function.
[[nodiscard]] RetryStep decide(const RetryPolicy& policy, const Error& failure, int attempt, double random,
                               Doubt doubt = Doubt::open);

/// @throws Error (config) that names the field, after `name`.
void validate(const RetryPolicy& policy, std::string_view name);

}  // namespace leat
