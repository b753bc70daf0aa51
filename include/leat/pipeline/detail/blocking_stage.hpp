#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/pipeline/detail/stage_worker.hpp"
#include "leat/pipeline/emitter.hpp"

namespace leat::detail {

/// A worker of a stage whose hook takes one item.
template <class In, class Out, class Hook, bool stream>
class BlockingWorker : StageWorker<In, Out> {
  using Base = StageWorker<In, Out>;
  using Base::ended_;
  using Base::flow_;
  using Base::here_;
  using Base::index_;
  using Base::out_;
  using Base::stop_;
  using Base::tally_;

 public:
  BlockingWorker(Hook& hook, const StageSeat& seat, std::size_t number, typename Base::Box* out,
                 const std::stop_token& stop)
      : Base(seat, number, out, stop), hook_(hook) {}

  void run(Monitor<WorkItem<In>>& in) {
    // If there is only one worker, the items that it has taken are withheld from no other.
    const StageOptions& options = here_.options;
    const bool alone = options.workers == 1 && bound_of<In>(options.queue_bytes).count() == 0;
    const std::size_t most = alone ? std::clamp<std::size_t>(options.queue_items / 4, 1, 256) : 1;
    std::vector<WorkItem<In>> items;
    while (in.read_some(items, most, stop_) != 0) {
      now_.reset();
      for (WorkItem<In>& item : items) pass(item);
      this->retire(items);
      items.clear();
    }
  }

 private:
  void pass(WorkItem<In>& item) {
    if (stop_.stop_requested()) throw Stopped{};
    if (!flow_.tracks()) {
      attempts(item);
      return;
    }
    ItemRecord& record = ItemAccess::make_record(item);
    StageTimes& times = record.times[index_];
    // The end of one hook is the start of the next, if nothing long came between them.
    times.started = now_ ? *now_ : Clock::now();
    const std::uint64_t flushes = out_ != nullptr ? out_->flushes() : 0;
    attempts(item);
    if (out_ != nullptr && out_->flushes() != flushes) now_.reset();
  }

  void attempts(WorkItem<In>& item) {
    for (int attempt = 1;; ++attempt) {
      ItemAccess::count_attempt(item, attempt);
      std::exception_ptr error;
      try {
        call(item);
        return;
      } catch (...) {
        // An exception of a hook that was asked to stop is its way of stopping.
        if (ended_ || stop_.stop_requested()) throw Stopped{};
        error = Flow::as_failure(std::current_exception());
      }
      // Items that a stream has emitted are already on their way, so the hook is not retried.
      const RetryDecision decision =
          emitted_ != 0 ? RetryDecision{} : decide_retry(here_.options.retry, error, attempt, flow_.random());
      if (!decision.again) {
        note_end(item);
        tally_.failed.add();
        flow_.fail(index_, item, error);
        return;
      }
      tally_.retried.add();
      Flow::pause(decision.delay, stop_);
    }
  }

  void call(WorkItem<In>& item) {
    if constexpr (stream) {
      emitted_ = 0;
      Emitter<Out> emitter([&](Out value) {
        tally_.emitted.add();
        ++emitted_;
        this->hand_on(
            ItemAccess::make(std::move(value), record_of_emitted(ItemAccess::record(item).get(), emitted_)));
      });
      hook_(item, emitter, stop_);
      ItemAccess::throw_failure(item);
      finish(item, {}, emitted_);
    } else if constexpr (std::is_void_v<Out>) {
      hook_(item, stop_);
      ItemAccess::throw_failure(item);
      finish(item, {}, 0);
    } else {
      Out value = hook_(item, stop_);
      ItemAccess::throw_failure(item);
      if (out_ == nullptr) {
        finish(item, stored_value(flow_, value), 0);
        return;
      }
      note_end(item);
      this->hand_on(ItemAccess::make(std::move(value), std::move(ItemAccess::record(item))));
      tally_.completed.add();
    }
  }

  void finish(WorkItem<In>& item, std::any stored, std::uint64_t emitted) {
    note_end(item);
    this->complete(item, std::move(stored), emitted);
  }

  void note_end(WorkItem<In>& item) {
    if (!flow_.tracks()) return;
    StageTimes& times = ItemAccess::record(item)->times[index_];
    times.finished = Clock::now();
    now_ = times.finished;
    const auto took = times.finished - times.started;
    here_.times.add(took);
    tally_.busy.add(static_cast<std::uint64_t>(took.count()));
  }

  Hook& hook_;
  std::uint64_t emitted_ = 0;  // by this attempt of a stream
  std::optional<Clock::time_point> now_;
};

template <class In, class Out, bool stream>
struct BlockingWorkers {
  template <class Hook>
  using Worker = BlockingWorker<In, Out, Hook, stream>;
};

/// A stage whose hook blocks: each worker reads items, calls the hook, and hands on its result. Hook:
/// Out(WorkItem<In>&, const std::stop_token&), or, for a stream, void(WorkItem<In>&, Emitter<Out>&, const
/// std::stop_token&), or a HookFactory of such ones.
template <class In, class Out, class Hook, bool stream>
class BlockingStage final
    : public ThreadStage<In, Out, Hook, BlockingWorkers<In, Out, stream>::template Worker> {
 public:
  using ThreadStage<In, Out, Hook, BlockingWorkers<In, Out, stream>::template Worker>::ThreadStage;
  [[nodiscard]] bool is_stream() const override { return stream; }
};

}  // namespace leat::detail
