#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/retry.hpp"
#include "leat/pipeline/batch.hpp"
#include "leat/pipeline/detail/flow.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat::detail {

/// An item that an attempt at its batch has not done.
struct BatchFailure {
  std::size_t index;  // in the batch
  std::exception_ptr error;
  bool again = false;  // it is tried again
};
/// In the order of the items.
using BatchFailures = std::vector<BatchFailure>;

/// The items that have failed, after the hook has returned. `thrown`: what it has thrown, or null.
template <class T>
[[nodiscard]] BatchFailures failures_of(Batch<T> items, const std::exception_ptr& thrown) {
  BatchFailures failures;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto own = ItemAccess::take_failure(items[i]);
    if (own || thrown) failures.push_back({i, own ? std::move(own) : thrown});
  }
  return failures;
}

/// Decides which are tried again. Returns the delay before that.
[[nodiscard]] LEAT_EXPORT std::chrono::nanoseconds decide(BatchFailures& failures, const RetryPolicy& policy,
                                                          int attempt, double random);

/// Moves the items that are tried again to the front, in their order. Returns them.
template <class T>
[[nodiscard]] Batch<T> again_of(Batch<T> items, const BatchFailures& failures) {
  std::size_t count = 0;
  for (const BatchFailure& failure : failures) {
    if (!failure.again) continue;
    if (failure.index != count) std::swap(items[count], items[failure.index]);
    ++count;
  }
  return items.first(count);
}

/// Reports the items that are not tried again. @throws the error that stops the pipeline, if it stops.
template <class T>
void give_up(Flow& flow, std::size_t stage, Batch<T> items, const BatchFailures& failures,
             WorkerTally& tally) {
  std::exception_ptr stops;
  const std::exception_ptr* logged = nullptr;
  for (auto failure = failures.begin(); failure != failures.end(); ++failure) {
    if (failure->again) continue;
    tally.failed.add();
    WorkItem<T>& item = items[failure->index];
    try {
      if (logged != nullptr && *logged == failure->error) {
        flow.fail_too(stage, item, failure->error);
      } else {
        logged = &failure->error;
        const auto same = [&](const BatchFailure& other) { return other.error == failure->error; };
        const auto others = std::find_if_not(failure + 1, failures.end(), same) - (failure + 1);
        flow.fail(stage, item, failure->error, static_cast<std::size_t>(others));
      }
    } catch (...) {
      if (!stops) stops = std::current_exception();
    }
  }
  if (stops) std::rethrow_exception(stops);
}

/// Notes the times of a call of the hook, where they are tracked.
template <class T>
void note_batch(const Flow& flow, StageFlow& here, std::size_t stage, Batch<T> items,
                Clock::time_point started, int attempt, WorkerTally& tally) {
  if (!flow.tracks()) return;
  const auto finished = Clock::now();
  for (WorkItem<T>& item : items) {
    StageTimes& times = ItemAccess::make_record(item).times[stage];
    if (attempt == 1) times.started = started;
    times.finished = finished;
  }
  here.times.add(finished - started);
  tally.busy.add(static_cast<std::uint64_t>((finished - started).count()));
}

/// @throws Error (transform) if a hook has not returned a value for each item.
LEAT_EXPORT void require_all_values(std::size_t values, std::size_t items);

}  // namespace leat::detail
