#pragma once

#include <chrono>
#include <exception>
#include <functional>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"

namespace leat {

/// True if another attempt may succeed after this error.
using RetryPredicate = std::function<bool(const std::exception_ptr&)>;

/// How often a failed operation is tried again, and after which delay. With the defaults: never.
struct RetryPolicy {
  // Behaviour

  /// Attempts in all, including the first. Must be > 0.
  int attempts = 1;
  /// The delay before the second attempt. Must be >= 0.
  std::chrono::milliseconds initial_delay{100};
  /// Each delay is this many times as long as the one before. Must be >= 1.
  double factor = 2;
  /// The longest delay. Must be >= initial_delay.
  std::chrono::milliseconds maximum_delay{30'000};
  /// The random part of a delay, from 0 to 1: a delay of d lasts between d * (1 - jitter) and d.
  double jitter = 0.5;
  /// Which errors are worth another attempt. Empty: worth_retrying().
  RetryPredicate retry_if{};
};

/// True for every error, except for an Error that is not retryable().
[[nodiscard]] LEAT_EXPORT bool worth_retrying(const std::exception_ptr& error);

/// Whether to try again after a failure, and after which delay.
struct RetryDecision {
  bool again = false;
  std::chrono::nanoseconds delay{};
};

/// The decision after attempt number `attempt` has failed (the first is 1). A RunFailure is never tried
/// again. `random` is from [0, 1). A pure function.
[[nodiscard]] LEAT_EXPORT RetryDecision decide_retry(const RetryPolicy& policy,
                                                     const std::exception_ptr& failure, int attempt,
                                                     double random);

/// The delay after attempt number `attempt` has failed (the first is 1). It is never longer than
/// maximum_delay, however many attempts there were. `random` is from [0, 1). A pure function.
[[nodiscard]] LEAT_EXPORT std::chrono::nanoseconds retry_delay(const RetryPolicy& policy, int attempt,
                                                               double random);

/// What to do after a unit of work has failed on a server.
enum class RetryAction {
  fail,     ///< give up with the error
  retry,    ///< repeat it after the delay
  resolve,  ///< after the delay, ask the server whether the unit was committed; never repeat the unit before
            ///< that
};

struct RetryStep {
  RetryAction action = RetryAction::fail;
  std::chrono::nanoseconds delay{};
};

/// What is known about a COMMIT whose answer was lost.
enum class Doubt {
  open,      ///< nothing beyond the error
  resolved,  ///< the server was asked since then, and nothing of the unit is there
};

/// The decision after attempt number `attempt` has failed (the first is 1), for work on servers. Unlike
/// decide_retry(), it repeats only errors of the source or the target, and only those that policy.retry_if
/// accepts, or else is_transient_sqlstate().
///
/// An error in doubt must be resolved first, also after the last attempt, since asking the server is no
/// attempt. If nothing of the unit is there, call decide_unit_retry() again with Doubt::resolved. `random` is
/// from [0, 1). A pure function.
[[nodiscard]] LEAT_EXPORT RetryStep decide_unit_retry(const RetryPolicy& policy, const Error& failure,
                                                      int attempt, double random, Doubt doubt = Doubt::open);

}  // namespace leat
