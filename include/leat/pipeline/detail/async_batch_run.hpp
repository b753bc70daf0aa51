#pragma once

#include <boost/asio/awaitable.hpp>

#include <any>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/monitor.hpp"
#include "leat/core/outbox.hpp"
#include "leat/pipeline/detail/async_operations.hpp"
#include "leat/pipeline/detail/batch_attempt.hpp"
#include "leat/pipeline/detail/batch_reader.hpp"
#include "leat/pipeline/detail/stage_worker.hpp"

namespace leat::detail {

/// A batch whose coroutine has ended.
template <class In, class Result>
struct AsyncBatchOutcome {
  /// An item and its value, which is missing if it has failed or if the hook makes none.
  struct Done {
    WorkItem<In> item;
    std::optional<Result> value{};
  };
  std::vector<Done> done{};
  std::vector<WorkItem<In>> failed{};
  BatchFailures failures{};  // of `failed`
};

/// As AsyncRun, for a hook that takes many items at once. Its items are handed on when all of the batch have
/// been done or given up.
template <class In, class Out, class Hook>
class AsyncBatchRun final : public AsyncOperations<AsyncBatchRun<In, Out, Hook>, std::vector<WorkItem<In>>,
                                                   AsyncBatchOutcome<In, ResultOf<Out>>> {
 public:
  using Result = ResultOf<Out>;
  using Outcome = AsyncBatchOutcome<In, Result>;
  using Items = std::vector<WorkItem<In>>;
  using Base = AsyncOperations<AsyncBatchRun, Items, Outcome>;
  using Brought = typename Base::Brought;
  using Box = Outbox<WorkItem<Result>>;

  AsyncBatchRun(Hook& hook, const StageSeat& seat) : Base(seat, 0), hook_(hook) {}

  /// The first thread.
  void start_all(Monitor<WorkItem<In>>& in, const std::stop_token& stop) {
    this->run(stop, [&] {
      BatchReader<In> reader(in, here_.options.batch);
      for (;;) {
        static_cast<void>(this->wait_for_room(stop));
        std::vector<Items> batch(1);
        if (!reader.next(batch.front(), stop)) return;
        this->start(std::move(batch));
      }
    });
  }

  /// The second thread.
  void hand_on(Brought& in, Box* out, const std::stop_token& stop) {
    std::vector<Outcome> outcomes;
    while (in.read_some(outcomes, Base::longest_run, stop) != 0) {
      for (Outcome& outcome : outcomes) hand_on(outcome, out, stop);
      if (out != nullptr) out->flush();
      this->were_handed_on(outcomes.size());
      outcomes.clear();
    }
  }

 private:
  friend Base;
  using Base::flow_;
  using Base::here_;
  using Base::index_;
  using Base::stop_;

  void hand_on(Outcome& outcome, Box* out, const std::stop_token& stop) {
    WorkerTally& tally = here_.workers[0];
    for (auto& [item, value] : outcome.done) {
      if constexpr (std::is_void_v<Out>) {
        flow_.complete(index_, item, {}, 0);
      } else if (out == nullptr) {
        flow_.complete(index_, item, stored_value(flow_, *value), 0);
      } else {
        out->write(ItemAccess::make(std::move(*value), std::move(ItemAccess::record(item))), stop);
      }
      tally.completed.add();
    }
    give_up(flow_, index_, Batch<In>(outcome.failed), outcome.failures, tally);
  }

  boost::asio::awaitable<void> pass(Items items) {
    Outcome outcome;
    Batch<In> left(items);
    for (int attempt = 1;; ++attempt) {
      for (WorkItem<In>& item : left) ItemAccess::count_attempt(item, attempt);
      const auto started = flow_.tracks() ? Clock::now() : Clock::time_point{};
      std::vector<Result> values;
      std::exception_ptr thrown;
      try {
        if constexpr (std::is_void_v<Out>) {
          co_await hook_(left, stop_);
        } else {
          values = co_await hook_(left, stop_);
          require_all_values(values.size(), left.size());
        }
      } catch (...) {
        if (stop_.stop_requested()) co_return;
        thrown = Flow::as_failure(std::current_exception());
      }
      WorkerTally& tally = here_.workers[1];
      tally.calls.add();
      note_batch(flow_, here_, index_, left, started, attempt, tally);
      BatchFailures failures = failures_of(left, thrown);
      const auto delay = decide(failures, here_.options.retry, attempt, flow_.random());
      const Batch<In> again = sort_out(left, failures, values, outcome);
      if (again.empty()) break;
      left = again;
      tally.retried.add(left.size());
      if (!co_await this->pause(delay)) co_return;
    }
    this->bring(std::move(outcome));
  }

  /// Moves what has been done, and what has failed for good, into the outcome. Returns the others.
  Batch<In> sort_out(Batch<In> items, const BatchFailures& failures, std::vector<Result>& values,
                     Outcome& outcome) {
    auto failed = failures.begin();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (failed == failures.end() || failed->index != i) {
        outcome.done.push_back({std::move(items[i])});
        if constexpr (!std::is_void_v<Out>) {
          outcome.done.back().value.emplace(static_cast<Out>(std::move(values[i])));
        }
        continue;
      }
      if (!failed->again) {
        outcome.failures.push_back({outcome.failed.size(), failed->error});
        outcome.failed.push_back(std::move(items[i]));
      }
      ++failed;
    }
    return again_of(items, failures);
  }

  void close() {}

  Hook& hook_;
};

}  // namespace leat::detail
