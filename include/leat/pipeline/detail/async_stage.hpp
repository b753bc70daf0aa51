#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <any>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/consumer.hpp"
#include "leat/core/outbox.hpp"
#include "leat/core/stage.hpp"
#include "leat/pipeline/async_emitter.hpp"
#include "leat/pipeline/detail/io_runner.hpp"
#include "leat/pipeline/detail/node.hpp"
#include "leat/pipeline/emitter.hpp"

namespace leat::detail {

/// A stage whose hook is a coroutine. Two threads serve it: one reads items and starts a coroutine for each
/// while fewer than `workers` are on their way, the other hands on what they bring. The coroutines run on a
/// strand, one at a time, and never block: what they bring goes into a hand-off that has room for all of it.
/// Hook: Awaitable<Out>(WorkItem<In>&, const std::stop_token&), or, for a stream,
/// Awaitable<void>(WorkItem<In>&, AsyncEmitter<Out>&, const std::stop_token&).
template <class In, class Out, class Hook, bool stream>
class AsyncStage final : public StageNode {
 public:
  AsyncStage(std::string name, StageOptions options, Hook hook)
      : StageNode(std::move(name), std::move(options)), hook_(std::move(hook)) {}

  [[nodiscard]] std::unique_ptr<HandOffBox> make_input() const override {
    return std::make_unique<BoxOf<In>>(options());
  }
  [[nodiscard]] std::size_t tallies() const override { return 2; }
  [[nodiscard]] bool is_stream() const override { return stream; }
  [[nodiscard]] bool is_asynchronous() const override { return true; }

  [[nodiscard]] std::shared_ptr<void> add_pools(const StageSeat& seat) override {
    auto run = std::make_shared<Run>(*this, seat);
    using From = Monitor<WorkItem<In>>;
    seat.group.add(Stage<From, Brought>(
        {.name = name()}, monitor_in<In>(seat.in), run->brought,
        [run](From& in, Brought&, const std::stop_token& stop) { run->start_all(in, stop); }));
    if constexpr (!std::is_void_v<Out>) {
      if (seat.out != nullptr) {
        using To = Monitor<WorkItem<Out>>;
        seat.group.add(Stage<Brought, To>({.name = name()}, run->brought, monitor_in<Out>(*seat.out),
                                          [run](Brought& in, To& out, const std::stop_token& stop) {
                                            Outbox<WorkItem<Out>> outbox(out);
                                            run->hand_on(in, &outbox, stop);
                                            outbox.flush();
                                          }));
        return run;
      }
    }
    seat.group.add(Consumer<Outcome, Brought>(
        {.name = name()}, run->brought,
        [run](Brought& in, const std::stop_token& stop) { run->hand_on(in, nullptr, stop); }));
    return run;
  }

 private:
  struct Nothing {};
  using Result = std::conditional_t<std::is_void_v<Out>, Nothing, Out>;
  using Box = Outbox<WorkItem<Result>>;

  /// What a coroutine brings: its item with a value or an error at its end, or one emitted item before it.
  struct Outcome {
    std::optional<WorkItem<In>> item{};
    std::optional<Result> value{};
    std::exception_ptr error{};
    std::optional<WorkItem<Result>> emitted{};
    std::uint64_t emitted_in_all = 0;
  };
  using Brought = Monitor<Outcome>;

  /// The stage's part of one run.
  class Run : public std::enable_shared_from_this<Run> {
   public:
    Run(AsyncStage& stage, const StageSeat& seat)
        : brought({.items = stage.options().workers + most_emitted}),
          stage_(stage),
          flow_(seat.flow),
          index_(seat.index),
          here_(seat.flow.stage(seat.index)),
          io_(*seat.io),
          strand_(boost::asio::make_strand(io_.context())) {}

    /// The first thread: starts a coroutine for every item and returns when all of them have been handed on.
    void start_all(Monitor<WorkItem<In>>& in, const std::stop_token& stop) {
      stop_ = stop;
      // It posts: a cancellation is emitted where the coroutines run.
      const std::stop_callback on_stop(stop, [this] { cancel_all(); });
      const std::size_t most = stage_.options().workers;
      try {
        std::vector<WorkItem<In>> items;
        for (;;) {
          const std::size_t free = wait_until_fewer_than(most, stop);
          if (in.read_some(items, std::min(free, longest_run), stop) == 0) break;
          start(std::move(items));
          items.clear();
        }
        static_cast<void>(wait_until_fewer_than(1, stop));
      } catch (...) {
        end(stop);
        throw;
      }
      end(stop);
    }

    /// The second thread.
    void hand_on(Brought& in, Box* out, const std::stop_token& stop) {
      WorkerTally& tally = here_.workers[0];
      std::vector<Outcome> outcomes;
      while (in.read_some(outcomes, longest_run, stop) != 0) {
        std::size_t ended = 0;
        std::size_t emitted = 0;
        for (Outcome& outcome : outcomes) {
          ++(outcome.emitted ? emitted : ended);
          hand_on(outcome, out, tally, stop);
        }
        outcomes.clear();
        if (out != nullptr) out->flush();
        were_handed_on(ended);
        if (emitted != 0) {
          boost::asio::post(strand_,
                            [self = this->shared_from_this(), emitted] { self->were_taken(emitted); });
        }
      }
    }

    Brought brought;

   private:
    static constexpr std::size_t most_emitted = 64;
    static constexpr std::size_t longest_run = 64;
    static constexpr std::chrono::milliseconds patience{500};

    /// A coroutine on its way. Lives on the strand.
    struct Operation {
      boost::asio::cancellation_signal cancel{};
    };
    using Operations = std::list<Operation>;

    void start(std::vector<WorkItem<In>> items) {
      {
        const std::lock_guard lock(mutex_);
        alive_ += items.size();
        on_their_way_ += items.size();
      }
      // By pointer, since a handler may have to be copied.
      auto travelling = std::make_shared<std::vector<WorkItem<In>>>(std::move(items));
      boost::asio::post(strand_, [self = this->shared_from_this(), travelling = std::move(travelling)] {
        for (WorkItem<In>& item : *travelling) self->spawn(std::move(item));
      });
    }

    void hand_on(Outcome& outcome, Box* out, WorkerTally& tally, const std::stop_token& stop) {
      if (outcome.emitted) {
        if (out != nullptr) out->write(std::move(*outcome.emitted), stop);
        tally.emitted.add();
        return;
      }
      WorkItem<In>& item = *outcome.item;
      if (outcome.error) {
        tally.failed.add();
        flow_.fail(index_, item, outcome.error);
      } else if (stream || out == nullptr) {
        flow_.complete(index_, item, stored(outcome), outcome.emitted_in_all);
        tally.completed.add();
      } else if constexpr (!stream) {
        out->write(ItemAccess::make(std::move(*outcome.value), std::move(ItemAccess::record(item))), stop);
        tally.completed.add();
      }
    }

    void spawn(WorkItem<In> item) {
      const auto operation = operations_.emplace(operations_.end());
      boost::asio::co_spawn(
          strand_, pass(std::move(item)),
          boost::asio::bind_cancellation_slot(
              operation->cancel.slot(), [self = this->shared_from_this(), operation](std::exception_ptr) {
                self->operations_.erase(operation);
                self->one_ended();
              }));
      if (cancelled_) operation->cancel.emit(boost::asio::cancellation_type::terminal);
    }

    boost::asio::awaitable<void> pass(WorkItem<In> item) {
      if (flow_.tracks()) ItemAccess::make_record(item).times[index_].started = Clock::now();
      std::uint64_t emitted = 0;
      for (int attempt = 1;; ++attempt) {
        ItemAccess::count_attempt(item, attempt);
        Outcome outcome;
        try {
          if constexpr (stream) {
            AsyncEmitter<Out> emitter([&](Out value) {
              ++emitted;
              return emit(ItemAccess::make(std::move(value),
                                           record_of_emitted(ItemAccess::record(item).get(), emitted)));
            });
            co_await stage_.hook_(item, emitter, stop_);
            outcome.emitted_in_all = emitted;
          } else if constexpr (std::is_void_v<Out>) {
            co_await stage_.hook_(item, stop_);
          } else {
            outcome.value.emplace(co_await stage_.hook_(item, stop_));
          }
        } catch (...) {
          if (stop_.stop_requested()) co_return;
          outcome.error = Flow::as_failure(std::current_exception());
        }
        if (outcome.error && emitted == 0) {
          const RetryDecision decision = next(stage_.options().retry, outcome.error, attempt, flow_.random());
          if (decision.again) {
            here_.workers[1].retried.add();
            boost::system::error_code ignored;
            boost::asio::steady_timer timer(strand_, decision.delay);
            co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
            if (stop_.stop_requested()) co_return;
            continue;
          }
        }
        note_end(item);
        outcome.item.emplace(std::move(item));
        bring(std::move(outcome));
        co_return;
      }
    }

    boost::asio::awaitable<void> emit(WorkItem<Result> item) {
      while (emitted_ >= most_emitted && !cancelled_) {
        boost::asio::steady_timer turn(strand_, boost::asio::steady_timer::time_point::max());
        const auto place = waiting_.insert(waiting_.end(), &turn);
        boost::system::error_code ignored;
        co_await turn.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        waiting_.erase(place);
      }
      if (cancelled_) throw Stopped{};
      ++emitted_;
      Outcome outcome;
      outcome.emitted.emplace(std::move(item));
      bring(std::move(outcome));
    }

    void were_taken(std::size_t count) {
      emitted_ -= count;
      for (boost::asio::steady_timer* turn : waiting_) turn->cancel();
    }

    /// Never blocks: there is room for every coroutine's end and for all that may be emitted.
    void bring(Outcome outcome) {
      try {
        [[maybe_unused]] const bool has_room = brought.write_for(outcome, std::chrono::nanoseconds(0), {});
        assert(has_room);
      } catch (const Stopped&) {  // the run is over
      }
    }

    void note_end(WorkItem<In>& item) {
      if (!flow_.tracks()) return;
      StageTimes& times = ItemAccess::record(item)->times[index_];
      times.finished = Clock::now();
      const auto took = times.finished - times.started;
      here_.times.add(took);
      here_.workers[1].busy.add(static_cast<std::uint64_t>(took.count()));
    }

    std::any stored(Outcome& outcome) {
      if constexpr (!stream && !std::is_void_v<Out>) {
        if (!flow_.wants_results()) return {};
        if constexpr (std::is_copy_constructible_v<Out>) {
          return std::any(std::move(*outcome.value));
        } else {
          return std::any(std::make_shared<Out>(std::move(*outcome.value)));
        }
      }
      static_cast<void>(outcome);
      return {};
    }

    void cancel_all() {
      boost::asio::post(strand_, [self = this->shared_from_this()] {
        self->cancelled_ = true;
        for (Operation& operation : self->operations_) {
          operation.cancel.emit(boost::asio::cancellation_type::terminal);
        }
        for (boost::asio::steady_timer* turn : self->waiting_) turn->cancel();
      });
    }

    void one_ended() {
      const std::lock_guard lock(mutex_);
      if (--alive_ == 0) fewer_.notify_all();
    }
    void were_handed_on(std::size_t count) {
      const std::lock_guard lock(mutex_);
      on_their_way_ -= count;
      fewer_.notify_all();
    }
    /// Returns how many more may be started.
    std::size_t wait_until_fewer_than(std::size_t most, const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      if (!fewer_.wait(lock, stop, [this, most] { return on_their_way_ < most; })) throw Stopped{};
      return most - on_their_way_;
    }

    /// Waits for the coroutines. Those on the pipeline's own context are given up after a while, and
    /// destroyed with it; those on the embedder's must end, since they use this object.
    void end(const std::stop_token& stop) {
      if (stop.stop_requested()) cancel_all();
      std::unique_lock lock(mutex_);
      const auto none = [this] { return alive_ == 0; };
      bool all_ended = true;
      if (io_.is_own() && stop.stop_requested()) {
        all_ended = fewer_.wait_for(lock, patience, none);
      } else {
        fewer_.wait(lock, none);
      }
      lock.unlock();
      io_.stage_ended(!all_ended);
    }

    // Constant while it runs
    AsyncStage& stage_;
    Flow& flow_;
    const std::size_t index_;
    StageFlow& here_;
    IoRunner& io_;
    std::stop_token stop_;
    boost::asio::strand<boost::asio::io_context::executor_type> strand_;

    // On the strand
    Operations operations_;
    std::list<boost::asio::steady_timer*> waiting_;  // streams that wait for room
    std::size_t emitted_ = 0;                        // and not yet taken
    bool cancelled_ = false;

    // Guarded by mutex_
    std::mutex mutex_;
    std::condition_variable_any fewer_;
    std::size_t alive_ = 0;  // coroutines
    std::size_t on_their_way_ =
        0;  // items, from the start of their coroutine until what it brought was handed on
  };

  Hook hook_;
};

}  // namespace leat::detail
