#pragma once

#include <any>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/pipeline/detail/batch_attempt.hpp"
#include "leat/pipeline/detail/batch_reader.hpp"
#include "leat/pipeline/detail/stage_worker.hpp"

namespace leat::detail {

/// A worker of a stage whose hook takes many items at once.
template <class In, class Out, class Hook>
class BatchWorker : StageWorker<In, Out> {
  using Base = StageWorker<In, Out>;
  using Base::flow_;
  using Base::here_;
  using Base::index_;
  using Base::out_;
  using Base::stop_;
  using Base::tally_;

 public:
  BatchWorker(Hook& hook, const StageSeat& seat, std::size_t number, typename Base::Box* out,
              const std::stop_token& stop)
      : Base(seat, number, out, stop), hook_(hook) {}

  void run(Monitor<WorkItem<In>>& in) {
    BatchReader<In> reader(in, here_.options.batch);
    std::vector<WorkItem<In>> batch;
    while (reader.next(batch, stop_)) {
      if (stop_.stop_requested()) throw Stopped{};
      pass(batch);
      this->retire(batch);
      batch.clear();
    }
  }

 private:
  void pass(Batch<In> left) {
    for (int attempt = 1;; ++attempt) {
      for (WorkItem<In>& item : left) ItemAccess::count_attempt(item, attempt);
      BatchFailures failures = call(left, attempt);
      if (failures.empty()) return;
      const auto delay = decide(failures, here_.options.retry, attempt, flow_.random());
      give_up(flow_, index_, left, failures, tally_);
      left = again_of(left, failures);
      if (left.empty()) return;
      tally_.retried.add(left.size());
      Flow::pause(delay, stop_);
    }
  }

  /// Calls the hook, and hands on the items that it has done. Returns the others.
  BatchFailures call(Batch<In> items, int attempt) {
    const auto started = flow_.tracks() ? Clock::now() : Clock::time_point{};
    std::vector<ResultOf<Out>> values;
    std::exception_ptr thrown;
    try {
      if constexpr (std::is_void_v<Out>) {
        hook_(items, stop_);
      } else {
        values = hook_(items, stop_);
        require_all_values(values.size(), items.size());
      }
    } catch (...) {
      // An exception of a hook that was asked to stop is its way of stopping.
      if (stop_.stop_requested()) throw Stopped{};
      thrown = Flow::as_failure(std::current_exception());
    }
    tally_.calls.add();
    note_batch(flow_, here_, index_, items, started, attempt, tally_);
    BatchFailures failures = failures_of(items, thrown);
    auto failed = failures.begin();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (failed != failures.end() && failed->index == i) {
        ++failed;
      } else if constexpr (std::is_void_v<Out>) {
        this->complete(items[i], {}, 0);
      } else {
        done(items[i], static_cast<Out>(std::move(values[i])));
      }
    }
    return failures;
  }

  void done(WorkItem<In>& item, ResultOf<Out> value) {
    if (out_ == nullptr) {
      this->complete(item, stored_value(flow_, value), 0);
      return;
    }
    this->hand_on(ItemAccess::make(std::move(value), std::move(ItemAccess::record(item))));
    tally_.completed.add();
  }

  Hook& hook_;
};

template <class In, class Out>
struct BatchWorkers {
  template <class Hook>
  using Worker = BatchWorker<In, Out, Hook>;
};

/// A stage whose hook blocks and takes many items at once. Hook: void(Batch<In>, const std::stop_token&), or
/// std::vector<Out> with a value for each item, or a HookFactory of such ones.
template <class In, class Out, class Hook>
class BatchStage final : public ThreadStage<In, Out, Hook, BatchWorkers<In, Out>::template Worker> {
 public:
  using ThreadStage<In, Out, Hook, BatchWorkers<In, Out>::template Worker>::ThreadStage;
};

}  // namespace leat::detail
