#pragma once

#include <poll.h>

#include <chrono>
#include <span>
#include <stop_token>

namespace leat::postgres_detail {

using Clock = std::chrono::steady_clock;

/// What a socket is waited for.
enum class Readiness {
  read,
  write,
  read_or_write,
};

/// How a wait ended.
enum class WaitResult {
  ready,
  timeout,
};

/// A descriptor that a stop request makes readable, so that it ends a poll. One thread waits at a time.
class WakeUp {
 public:
  WakeUp();
  ~WakeUp();
  WakeUp(const WakeUp&) = delete;
  WakeUp& operator=(const WakeUp&) = delete;

  /// Polls until the socket is ready or the deadline has passed. @throws Stopped as soon as a stop is
  /// requested.
  WaitResult wait(int socket, Readiness readiness, Clock::time_point deadline, const std::stop_token& stop);

  /// The same for several sockets, each with the events that are waited for and those that came. The last
  /// place is this object's own, which sets it.
  WaitResult wait(std::span<pollfd> polled, Clock::time_point deadline, const std::stop_token& stop);

  /// Lets a moment pass, or less when a stop is requested (which the next wait() throws).
  void pause(std::chrono::microseconds moment, const std::stop_token& stop);

 private:
  /// Makes the descriptor readable.
  void signal() noexcept;
  void drain() noexcept;

  int descriptor_;
};

}  // namespace leat::postgres_detail
