#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <any>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/monitor.hpp"
#include "leat/core/outbox.hpp"
#include "leat/pipeline/async_emitter.hpp"
#include "leat/pipeline/detail/async_operations.hpp"
#include "leat/pipeline/detail/emit_room.hpp"
#include "leat/pipeline/detail/stage_worker.hpp"
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
class AsyncRun final
    : public AsyncOperations<AsyncRun<In, Out, Hook, stream>, WorkItem<In>, AsyncOutcome<In, ResultOf<Out>>> {
 public:
  using Result = ResultOf<Out>;
  using Outcome = AsyncOutcome<In, Result>;
  using Base = AsyncOperations<AsyncRun, WorkItem<In>, Outcome>;
  using Brought = typename Base::Brought;
  using Box = Outbox<WorkItem<Result>>;

  AsyncRun(Hook& hook, const StageSeat& seat)
      : Base(seat, most_emitted), hook_(hook), room_(strand_, most_emitted) {}

  /// The first thread: starts a coroutine for every item and returns when all of them have been handed on.
  void start_all(Monitor<WorkItem<In>>& in, const std::stop_token& stop) {
    this->run(stop, [&] {
      std::vector<WorkItem<In>> items;
      for (;;) {
        const std::size_t free = this->wait_for_room(stop);
        if (in.read_some(items, std::min(free, Base::longest_run), stop) == 0) return;
        this->start(std::move(items));
        items.clear();
      }
    });
  }

  /// The second thread.
  void hand_on(Brought& in, Box* out, const std::stop_token& stop) {
    WorkerTally& tally = here_.workers[0];
    std::vector<Outcome> outcomes;
    while (in.read_some(outcomes, Base::longest_run, stop) != 0) {
      std::size_t ended = 0;
      std::size_t emitted = 0;
      for (Outcome& outcome : outcomes) {
        ++(outcome.emitted ? emitted : ended);
        hand_on(outcome, out, tally, stop);
      }
      outcomes.clear();
      if (out != nullptr) out->flush();
      this->were_handed_on(ended);
      if (emitted != 0) {
        boost::asio::post(strand_,
                          [self = this->shared_from_this(), emitted] { self->room_.give_back(emitted); });
      }
    }
  }

 private:
  friend Base;
  using Base::flow_;
  using Base::here_;
  using Base::index_;
  using Base::stop_;
  using Base::strand_;

  static constexpr std::size_t most_emitted = 64;

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
      std::any stored;
      if constexpr (!stream && !std::is_void_v<Out>) stored = stored_value(flow_, *outcome.value);
      flow_.complete(index_, item, std::move(stored), outcome.emitted_in_all);
      tally.completed.add();
    } else if constexpr (!stream) {
      out->write(ItemAccess::make(std::move(*outcome.value), std::move(ItemAccess::record(item))), stop);
      tally.completed.add();
    }
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
        ItemAccess::throw_failure(item);
      } catch (...) {
        if (stop_.stop_requested()) co_return;
        outcome.error = Flow::as_failure(std::current_exception());
      }
      if (outcome.error && emitted == 0) {
        const RetryDecision decision =
            decide_retry(here_.options.retry, outcome.error, attempt, flow_.random());
        if (decision.again) {
          here_.workers[1].retried.add();
          if (!co_await this->pause(decision.delay)) co_return;
          continue;
        }
      }
      note_end(item);
      outcome.item.emplace(std::move(item));
      this->bring(std::move(outcome));
      co_return;
    }
  }

  boost::asio::awaitable<void> emit(WorkItem<Result> item) {
    while (!room_.try_take()) co_await room_.wait();
    Outcome outcome;
    outcome.emitted.emplace(std::move(item));
    this->bring(std::move(outcome));
  }

  void close() { room_.close(); }

  void note_end(WorkItem<In>& item) {
    if (!flow_.tracks()) return;
    StageTimes& times = ItemAccess::record(item)->times[index_];
    times.finished = Clock::now();
    const auto took = times.finished - times.started;
    here_.times.add(took);
    here_.workers[1].busy.add(static_cast<std::uint64_t>(took.count()));
  }

  Hook& hook_;
  EmitRoom room_;  // on the strand
};

}  // namespace leat::detail
