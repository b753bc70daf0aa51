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

namespace leat {

/// A pool of workers.
struct PoolOptions {
  // Behaviour

  /// What its threads are called, followed by "/" and the worker's number; cut to what the system shows (15
  /// bytes).
  std::string name;

  // Performance

  /// Threads. Must be > 0.
  std::size_t workers = 1;
};

/// Starts a thread that runs `body`. It may throw what the thread's constructor throws.
using ThreadFactory = std::function<std::thread(std::function<void()> body)>;

namespace detail {

/// What a group needs to know of a pool.
struct PoolTask {
  PoolOptions options;
  /// The hand-off that the workers read, or null. When all its readers in the group are gone it is abandoned.
  const void* input = nullptr;
  /// What a worker does.
  std::function<void(std::size_t worker, const std::stop_token& stop)> run;
  /// Ends the hand-offs that the pool writes or reads. Must not throw.
  std::function<void(const std::exception_ptr& failure)> fail;
  /// A worker's body returned: its producer signs off. Must not throw.
  std::function<void(std::size_t worker)> sign_off;
  /// The last reader of `input` is gone. Must not throw.
  std::function<void()> abandon;
};

}  // namespace detail

/// The pools of one flow: starts their threads, stops all of them when one fails, and joins them whatever
/// happens.
///
/// Pools are added, then started, then waited for. The hand-offs must outlive the group, so declare them
/// before it. start(), wait() and add() belong to one thread; token(), request_stop() and wait_for() may be
/// called from any.
///
/// A worker whose body throws anything but Stopped fails its hand-offs and stops the group; the first such
/// exception is what wait() throws, unchanged. A worker that unwinds with Stopped ends its hand-offs, too:
/// readers never take an output that was cut short for a complete one.
class PoolGroup {
 public:
  /// @param caller a stop request there stops this group.
  /// @param threads starts the threads; empty = std::thread.
  explicit PoolGroup(const std::stop_token& caller = {}, ThreadFactory threads = {});

  /// Requests a stop and joins. Failures that nobody waited for are dropped.
  ~PoolGroup();

  PoolGroup(const PoolGroup&) = delete;
  PoolGroup& operator=(const PoolGroup&) = delete;

  /// Takes a Producer, Consumer or Stage. Its producers are registered already.
  /// @throws Error (config) when it has no workers; std::logic_error after start().
  template <class Pool>
  void add(Pool pool) {
    add_task(std::move(pool).task());
  }

  /// Starts every worker. When a thread cannot be started, those that run are stopped and joined first.
  /// @throws std::system_error, or what the thread factory threw; std::logic_error when started before.
  void start();

  /// The token that the bodies get.
  [[nodiscard]] std::stop_token token() const;

  /// Asks every body to end; wait() says how that went.
  void request_stop();

  /// Waits until every worker has finished, but no longer than `timeout`. True: they have; call wait() then.
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout);

  /// Starts the workers if start() was not called, and joins them.
  /// @throws the first failure, unchanged; Error (cancelled) when a stop was requested by the caller or by
  /// request_stop() and a worker unwound because of it.
  void wait();

 private:
  class State;
  void add_task(detail::PoolTask task);

  std::unique_ptr<State> state_;
};

}  // namespace leat
