#include "leat/core/retry.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "leat/core/detail/validate_retry.hpp"
#include "leat/core/run_failure.hpp"

namespace leat {
namespace {

/// What a clock can still be moved by.
constexpr std::chrono::hours longest_delay{24 * 365};

constexpr std::string_view transaction_resolution_unknown = "08007";

}  // namespace

bool worth_retrying(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.retryable();
  } catch (...) {
    return true;
  }
}

RetryDecision decide_retry(const RetryPolicy& policy, const std::exception_ptr& failure, int attempt,
                           double random) {
  if (attempt >= policy.attempts || detail::unwrapped(failure).ends_run) return {};
  if (!(policy.retry_if ? policy.retry_if(failure) : worth_retrying(failure))) return {};
  return {.again = true, .delay = retry_delay(policy, attempt, random)};
}

std::chrono::nanoseconds retry_delay(const RetryPolicy& policy, int attempt, double random) {
  using Exact = std::chrono::duration<double, std::nano>;
  const Exact first = policy.initial_delay;
  if (first.count() <= 0) return {};  // zero stays zero, where the factor's power is infinite too
  const Exact longest = std::min<Exact>(policy.maximum_delay, longest_delay);
  const Exact delay = std::min(longest, first * std::pow(policy.factor, attempt - 1));
  return std::chrono::duration_cast<std::chrono::nanoseconds>(delay * (1 - policy.jitter * random));
}

RetryStep decide_unit_retry(const RetryPolicy& policy, const Error& failure, int attempt, double random,
                            Doubt doubt) {
  if (failure.kind() != ErrorKind::source && failure.kind() != ErrorKind::target) return {};
  const bool in_doubt = failure.in_doubt() || failure.sqlstate() == transaction_resolution_unknown;
  if (in_doubt && doubt == Doubt::open) {
    return {.action = RetryAction::resolve, .delay = retry_delay(policy, attempt, random)};
  }
  if (attempt >= policy.attempts) return {};
  const bool worth_it = policy.retry_if ? policy.retry_if(std::make_exception_ptr(failure))
                                        : is_transient_sqlstate(failure.sqlstate());
  if (!worth_it) return {};
  return {.action = RetryAction::retry, .delay = retry_delay(policy, attempt, random)};
}

void detail::validate(const RetryPolicy& policy, std::string_view name) {
  const auto reject = [name](const char* rule) {
    throw Error(ErrorKind::config, std::string(name) + "." + rule);
  };
  if (policy.attempts <= 0) reject("attempts must be greater than 0");
  if (policy.initial_delay.count() < 0) reject("initial_delay must not be negative");
  if (!(policy.factor >= 1)) reject("factor must be at least 1");
  if (policy.maximum_delay < policy.initial_delay) reject("maximum_delay must be at least initial_delay");
  if (!(policy.jitter >= 0 && policy.jitter <= 1)) reject("jitter must be from 0 to 1");
}

}  // namespace leat
