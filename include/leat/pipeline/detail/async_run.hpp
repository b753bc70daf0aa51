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
#include <cstddef>
#include <cstdint>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "leat/core/monitor.hpp"
#include "leat/core/outbox.hpp"
#include "leat/pipeline/async_emitter.hpp"
#include "leat/pipeline/detail/coroutine_count.hpp"
#include "leat/pipeline/detail/emit_room.hpp"
#include "leat/pipeline/detail/io_runner.hpp"
#include "leat/pipeline/detail/node.hpp"
#include "leat/pipeline/emitter.hpp"

namespace leat::detail {

/// The output of a coroutine: its item with a value or an error at its end, or one emitted item before that.
template <class In, class Result>
struct AsyncOutcome {
  std::optional<WorkItem<In>> item{};
  std::optional<Result> value{};
  std::exception_ptr error{};
  std::optional<WorkItem<Result>> emitted{};
  std::uint64_t emitted_in_all = 0;
};

/// A coroutine stage's part of one run: items in, coroutines on a strand, and their outputs. start_all() and
/// hand_on() belong to one thread each. Coroutines share this object. The hook, the flow and the context must
/// outlive it.
template <class In, class Out, class Hook, bool stream>
class AsyncRun : public std::enable_shared_from_this<AsyncRun<In, Out, Hook, stream>> {
 public:
  using Result = std::conditional_t<std::is_void_v<Out>, std::monostate, Out>;
  using Outcome = AsyncOutcome<In, Result>;
  using Brought = Monitor<Outcome>;
  using Box = Outbox<WorkItem<Result>>;

  AsyncRun(Hook& hook, const StageSeat& seat)
      : hook_(hook),
        flow_(seat.flow),
        index_(seat.index),
        here_(seat.flow.stage(seat.index)),
        io_(*seat.io),
        strand_(boost::asio::make_strand(io_.context())),
        brought_({.items = here_.options.workers + most_emitted}),
        room_(strand_, most_emitted) {}

  /// The hand-off that hand_on() reads.
  [[nodiscard]] Brought& brought() noexcept { return brought_; }

  /// The first thread: starts a coroutine for every item and returns when all of them have been handed on.
  void start_all(Monitor<WorkItem<In>>& in, const std::stop_token& stop) {
    stop_ = stop;
    // It posts: a cancellation is emitted where the coroutines run.
    const std::stop_callback on_stop(stop, [this] { cancel_all(); });
    const std::size_t most = here_.options.workers;
    try {
      std::vector<WorkItem<In>> items;
      for (;;) {
        const std::size_t free = count_.wait_until_fewer_than(most, stop);
        if (in.read_some(items, std::min(free, longest_run), stop) == 0) break;
        start(std::move(items));
        items.clear();
      }
      static_cast<void>(count_.wait_until_fewer_than(1, stop));
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
      count_.were_handed_on(ended);
      if (emitted != 0) {
        boost::asio::post(strand_,
                          [self = this->shared_from_this(), emitted] { self->room_.give_back(emitted); });
      }
    }
  }

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
    count_.started(items.size());
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
        boost::asio::bind_cancellation_slot(operation->cancel.slot(),
                                            [self = this->shared_from_this(), operation](std::exception_ptr) {
                                              self->operations_.erase(operation);
                                              self->count_.one_ended();
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
          co_await hook_(item, emitter, stop_);
          outcome.emitted_in_all = emitted;
        } else if constexpr (std::is_void_v<Out>) {
          co_await hook_(item, stop_);
        } else {
          outcome.value.emplace(co_await hook_(item, stop_));
        }
      } catch (...) {
        if (stop_.stop_requested()) co_return;
        outcome.error = Flow::as_failure(std::current_exception());
      }
      if (outcome.error && emitted == 0) {
        const RetryDecision decision = next(here_.options.retry, outcome.error, attempt, flow_.random());
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
    while (!room_.try_take()) co_await room_.wait();
    Outcome outcome;
    outcome.emitted.emplace(std::move(item));
    bring(std::move(outcome));
  }

  /// Never blocks: there is room for the end of every coroutine and for all items that may be emitted.
  void bring(Outcome outcome) {
    try {
      [[maybe_unused]] const bool has_room = brought_.write_for(outcome, std::chrono::nanoseconds(0), {});
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
      self->room_.close();
    });
  }

  /// Waits for the coroutines; a stop cancels them. Coroutines on the pipeline's own context are given up
  /// after a while, and destroyed with it. Those on the embedder's context must end, since they use this
  /// object.
  void end(const std::stop_token& stop) {
    const bool may_give_up = io_.is_own() && stop.stop_requested();
    const bool all_ended = count_.wait_until_none(may_give_up ? std::optional(patience) : std::nullopt);
    io_.stage_ended(!all_ended);
  }

  // Constant while it runs
  Hook& hook_;
  Flow& flow_;
  const std::size_t index_;
  StageFlow& here_;
  IoRunner& io_;
  std::stop_token stop_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;

  // Thread-safe
  Brought brought_;
  CoroutineCount count_;

  // On the strand
  Operations operations_;
  EmitRoom room_;
  bool cancelled_ = false;
};

}  // namespace leat::detail
