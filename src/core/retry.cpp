#include "leat/core/retry.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "leat/core/error.hpp"

namespace leat {

bool worth_retrying(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.retryable();
  } catch (...) {
    return true;
  }
}

RetryDecision next(const RetryPolicy& policy, const std::exception_ptr& failure, int attempt, double random) {
  if (attempt >= policy.attempts) return {};
  if (!(policy.retry_if ? policy.retry_if(failure) : worth_retrying(failure))) return {};
  const std::chrono::duration<double, std::milli> longest = policy.maximum_delay;
  const std::chrono::duration<double, std::milli> first = policy.initial_delay;
  const auto delay = std::min(longest, first * std::pow(policy.factor, attempt - 1));
  return {
      .again = true,
      .delay = std::chrono::duration_cast<std::chrono::nanoseconds>(delay * (1 - policy.jitter * random))};
}

void validate(const RetryPolicy& policy, std::string_view name) {
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
