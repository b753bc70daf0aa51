#include "leat/pipeline/detail/batch_attempt.hpp"

#include <algorithm>
#include <string>

#include "leat/core/detail/report_lines.hpp"
#include "leat/core/error.hpp"

namespace leat::detail {

std::chrono::nanoseconds decide(BatchFailures& failures, const RetryPolicy& policy, int attempt,
                                double random) {
  std::chrono::nanoseconds delay{};
  const BatchFailure* before = nullptr;
  for (BatchFailure& failure : failures) {
    // Mostly all have the one error.
    if (before != nullptr && before->error == failure.error) {
      failure.again = before->again;
    } else {
      const RetryDecision decision = decide_retry(policy, failure.error, attempt, random);
      failure.again = decision.again;
      if (decision.again) delay = std::max(delay, decision.delay);
    }
    before = &failure;
  }
  return delay;
}

void require_all_values(std::size_t values, std::size_t items) {
  if (values == items) return;
  throw Error(ErrorKind::transform,
              "the hook returned " + counted(values, "value") + " for a batch of " + counted(items, "item"),
              {.hint = "it returns one for each item, in their order"});
}

}  // namespace leat::detail
