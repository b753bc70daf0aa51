#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <chrono>
#include <cstddef>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/core/monitor.hpp"
#include "leat/pipeline/detail/coroutine_count.hpp"
#include "leat/pipeline/detail/io_runner.hpp"
#include "leat/pipeline/detail/node.hpp"

namespace leat::detail {

/// The coroutines of a stage in one run, on a strand, and the hand-off that brings what they have made. Self
/// derives from it, and has `awaitable<void> pass(Load)`, the coroutine, and `close()`, called on the strand
/// when they are cancelled. Coroutines share the object. The flow and the context must outlive it.
template <class Self, class Load, class Outcome>
class AsyncOperations : public std::enable_shared_from_this<Self> {
 public:
  using Brought = Monitor<Outcome>;

  /// The hand-off that the second thread reads.
  [[nodiscard]] Brought& brought() noexcept { return brought_; }

 protected:
  static constexpr std::size_t longest_run = 64;

  /// @param most_brought how many outcomes besides the ends of coroutines are on their way at the same time.
  AsyncOperations(const StageSeat& seat, std::size_t most_brought)
      : flow_(seat.flow),
        index_(seat.index),
        here_(seat.flow.stage(seat.index)),
        strand_(boost::asio::make_strand(seat.io->context())),
        brought_({.items = here_.options.workers + most_brought}),
        io_(*seat.io) {}
  ~AsyncOperations() = default;

  /// Starts coroutines while `feed(stop)` does, and waits until all of them have been handed on.
  template <class Feed>
  void run(const std::stop_token& stop, const Feed& feed) {
    stop_ = stop;
    // It posts: a cancellation is emitted where the coroutines run.
    const std::stop_callback on_stop(stop, [this] { cancel_all(); });
    try {
      feed();
      static_cast<void>(count_.wait_until_fewer_than(1, stop));
    } catch (...) {
      end(stop);
      throw;
    }
    end(stop);
  }

  /// Waits until fewer than `workers` coroutines are on their way. Returns how many may be started.
  [[nodiscard]] std::size_t wait_for_room(const std::stop_token& stop) {
    return count_.wait_until_fewer_than(here_.options.workers, stop);
  }

  void start(std::vector<Load> loads) {
    count_.started(loads.size());
    // By pointer, since a handler may have to be copied.
    auto travelling = std::make_shared<std::vector<Load>>(std::move(loads));
    boost::asio::post(strand_, [self = this->shared_from_this(), travelling = std::move(travelling)] {
      for (Load& load : *travelling) self->spawn(std::move(load));
    });
  }

  /// Never blocks: there is room for all that are on their way.
  void bring(Outcome outcome) {
    try {
      [[maybe_unused]] const bool has_room = brought_.write_for(outcome, std::chrono::nanoseconds(0), {});
      assert(has_room);
    } catch (const Stopped&) {  // the run is over
    }
  }

  /// Waits on the strand. False: it was asked to stop.
  [[nodiscard]] boost::asio::awaitable<bool> pause(std::chrono::nanoseconds delay) {
    boost::system::error_code ignored;
    boost::asio::steady_timer timer(strand_, delay);
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    co_return !stop_.stop_requested();
  }

  void were_handed_on(std::size_t coroutines) { count_.were_handed_on(coroutines); }

  // Constant while it runs
  Flow& flow_;
  const std::size_t index_;
  StageFlow& here_;
  std::stop_token stop_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;

  // Thread-safe
  Brought brought_;

 private:
  static constexpr std::chrono::milliseconds patience{500};

  /// A coroutine on its way. Lives on the strand.
  struct Operation {
    boost::asio::cancellation_signal cancel{};
  };
  using Operations = std::list<Operation>;

  void spawn(Load load) {
    const auto operation = operations_.emplace(operations_.end());
    auto& self = static_cast<Self&>(*this);
    boost::asio::co_spawn(
        strand_, self.pass(std::move(load)),
        boost::asio::bind_cancellation_slot(operation->cancel.slot(),
                                            [self = this->shared_from_this(), operation](std::exception_ptr) {
                                              AsyncOperations& all = *self;
                                              all.operations_.erase(operation);
                                              all.count_.one_ended();
                                            }));
    if (cancelled_) operation->cancel.emit(boost::asio::cancellation_type::terminal);
  }

  void cancel_all() {
    boost::asio::post(strand_, [self = this->shared_from_this()] {
      AsyncOperations& all = *self;
      all.cancelled_ = true;
      for (Operation& operation : all.operations_) {
        operation.cancel.emit(boost::asio::cancellation_type::terminal);
      }
      self->close();
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

  IoRunner& io_;
  CoroutineCount count_;  // thread-safe

  // On the strand
  Operations operations_;
  bool cancelled_ = false;
};

}  // namespace leat::detail
