#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "leat/core/detail/export.hpp"

namespace leat {

/// Options of a pool of workers.
struct PoolOptions {
  // Behaviour

  /// The name of its threads, followed by "/" and the worker's number. Cut to the length that the system
  /// shows (15 bytes).
  std::string name;

  // Performance

  /// Number of threads. Must be > 0.
  std::size_t workers = 1;
};

/// Starts a thread that runs `body`. It may throw the exceptions of the thread's constructor.
using ThreadFactory = std::function<std::thread(std::function<void()> body)>;

namespace detail {

/// A pool as a group sees it.
struct PoolTask {
  PoolOptions options;
  /// The hand-off that the workers read, or null. It is abandoned when all its readers in the group are gone.
  const void* input = nullptr;
  /// The work of one worker.
  std::function<void(std::size_t worker, const std::stop_token& stop)> run;

  // Of pools that write or read hand-offs

  /// Ends these. Must not throw.
  std::function<void(const std::exception_ptr& failure)> fail = [](const std::exception_ptr&) {};
  /// Called when a worker's body has returned: its producer signs off. Must not throw.
  std::function<void(std::size_t worker)> sign_off = [](std::size_t) {};
  /// Called when the last reader of `input` is gone. Must not throw.
  std::function<void()> abandon{};
};

}  // namespace detail

/// The pools of one flow. A group starts their threads, stops all of them if one fails, and always joins
/// them.
///
/// Add the pools, then start the group, then wait for it. The hand-offs must outlive the group, so declare
/// them before it. start(), wait() and add() must be called from one thread; token(), request_stop() and
/// wait_for() may be called from any thread.
///
/// If the body of a worker throws anything but Stopped, the group fails the worker's hand-offs and stops.
/// wait() throws the first such exception, unchanged. A worker that unwinds with Stopped ends its hand-offs
/// too: readers never take an incomplete output for a complete one.
class LEAT_EXPORT PoolGroup {
 public:
  /// @param caller a stop request there stops this group.
  /// @param threads starts the threads; empty: std::thread.
  explicit PoolGroup(const std::stop_token& caller = {}, ThreadFactory threads = {});

  /// Requests a stop and joins. Failures are dropped if nobody called wait().
  ~PoolGroup();

  PoolGroup(const PoolGroup&) = delete;
  PoolGroup& operator=(const PoolGroup&) = delete;

  /// Adds a Producer, Consumer or Stage. Its producers are already registered.
  /// @throws Error (config) if it has no workers; std::logic_error after start().
  template <class Pool>
  void add(Pool pool) {
    add(std::move(pool).task());
  }
  /// The same for one that is no class.
  void add(detail::PoolTask task);

  /// Starts all workers. If a thread cannot be started, the running threads are stopped and joined first.
  /// @throws std::system_error or the exception of the thread factory; std::logic_error if it was started
  /// before.
  void start();

  /// The token that the bodies receive.
  [[nodiscard]] std::stop_token token() const;

  /// Asks all bodies to end. wait() reports the result.
  void request_stop();

  /// Waits until all workers have finished, but for at most `timeout`. True: all have finished; call wait()
  /// then.
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout);

  /// Starts the workers if start() was not called, and joins them.
  /// @throws the first failure, unchanged; Error (cancelled) if the caller or request_stop() requested a
  /// stop, and a worker unwound because of it.
  void wait();

 private:
  class State;

  std::unique_ptr<State> state_;
};

}  // namespace leat
