#pragma once

#include <algorithm>
#include <any>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/outbox.hpp"
#include "leat/pipeline/detail/node.hpp"
#include "leat/pipeline/emitter.hpp"

namespace leat::detail {

/// A stage whose hook blocks: each worker reads items, calls the hook, and hands on its result. Hook:
/// Out(WorkItem<In>&, const std::stop_token&), or, for a stream, void(WorkItem<In>&, Emitter<Out>&, const
/// std::stop_token&).
template <class In, class Out, class Hook, bool stream>
class BlockingStage final : public StageNode {
 public:
  BlockingStage(std::string&& name, StageOptions&& options, Hook&& hook)
      : StageNode(std::move(name), std::move(options)), hook_(std::move(hook)) {}

  [[nodiscard]] std::unique_ptr<HandOffBox> make_input() const override {
    return std::make_unique<BoxOf<In>>(options());
  }
  [[nodiscard]] std::size_t tallies() const override { return options().workers; }
  [[nodiscard]] bool is_stream() const override { return stream; }
  [[nodiscard]] bool is_asynchronous() const override { return false; }

  [[nodiscard]] std::shared_ptr<void> add_pools(const StageSeat& seat) override {
    seat.group.add(StagePool({.name = name(), .workers = options().workers}, &seat.in, seat.out,
                             [this, seat](std::size_t worker, const std::stop_token& stop) {
                               Monitor<WorkItem<In>>& from = monitor_in<In>(seat.in);
                               if constexpr (!std::is_void_v<Out>) {
                                 if (seat.out != nullptr) {
                                   Outbox<WorkItem<Out>> outbox(monitor_in<Out>(*seat.out),
                                                                options().workers);
                                   Worker(*this, seat.flow, seat.index, worker, &outbox, stop).run(from);
                                   outbox.flush();
                                   return;
                                 }
                               }
                               Worker(*this, seat.flow, seat.index, worker, nullptr, stop).run(from);
                             }));
    return nullptr;
  }

 private:
  struct Nothing {};
  using Result = std::conditional_t<std::is_void_v<Out>, Nothing, Out>;
  using Box = Outbox<WorkItem<Result>>;

  class Worker {
   public:
    Worker(BlockingStage& stage, Flow& flow, std::size_t index, std::size_t number, Box* out,
           const std::stop_token& stop)
        : hook_(stage.hook_),
          policy_(stage.options().retry),
          flow_(flow),
          index_(index),
          here_(flow.stage(index)),
          tally_(here_.workers[number]),
          out_(out),
          stop_(stop) {}

    void run(Monitor<WorkItem<In>>& in) {
      // If there is only one worker, the items that it has taken are withheld from no other.
      const StageOptions& options = here_.options;
      const bool alone = options.workers == 1 && options.queue_bytes.count() == 0;
      const std::size_t most = alone ? std::clamp<std::size_t>(options.queue_items / 4, 1, 256) : 1;
      std::vector<WorkItem<In>> items;
      while (in.read_some(items, most, stop_) != 0) {
        now_.reset();
        for (WorkItem<In>& item : items) pass(item);
        retire(items);
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

    /// Sends back the records of items that went no further.
    void retire(std::vector<WorkItem<In>>& items) noexcept {
      ItemRecord* first = nullptr;
      ItemRecord* last = nullptr;
      for (WorkItem<In>& item : items) {
        ItemRecord* const record = ItemAccess::record(item).release();
        if (record == nullptr) continue;
        record->next = first;
        first = record;
        if (last == nullptr) last = record;
      }
      if (first != nullptr) flow_.spent().push(first, last);
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
            emitted_ != 0 ? RetryDecision{} : next(policy_, error, attempt, flow_.random());
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
          hand_on(ItemAccess::make(std::move(value),
                                   record_of_emitted(ItemAccess::record(item).get(), emitted_)));
        });
        hook_(item, emitter, stop_);
        finish(item, {}, emitted_);
      } else if constexpr (std::is_void_v<Out>) {
        hook_(item, stop_);
        finish(item, {}, 0);
      } else {
        Out value = hook_(item, stop_);
        if (out_ == nullptr) {
          finish(item, stored(value), 0);
          return;
        }
        note_end(item);
        hand_on(ItemAccess::make(std::move(value), std::move(ItemAccess::record(item))));
        tally_.completed.add();
      }
    }

    void hand_on(WorkItem<Result> item) {
      if (out_ == nullptr) return;
      try {
        out_->write(std::move(item), stop_);
      } catch (const Stopped&) {
        ended_ = true;
        throw;
      }
    }

    void finish(WorkItem<In>& item, std::any stored, std::uint64_t emitted) {
      note_end(item);
      flow_.complete(index_, item, std::move(stored), emitted);
      tally_.completed.add();
    }

    template <class Value>
    std::any stored(Value& value) {
      if constexpr (std::is_copy_constructible_v<Value>) {
        if (flow_.wants_results()) return std::any(std::move(value));
      } else {
        if (flow_.wants_results()) return std::any(std::make_shared<Value>(std::move(value)));
      }
      return {};
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
    const RetryPolicy& policy_;
    Flow& flow_;
    const std::size_t index_;
    StageFlow& here_;
    WorkerTally& tally_;
    Box* out_;
    const std::stop_token& stop_;
    std::uint64_t emitted_ = 0;  // by this attempt of a stream
    std::optional<Clock::time_point> now_;
    bool ended_ = false;  // nobody takes items any more
  };

  Hook hook_;
};

}  // namespace leat::detail
