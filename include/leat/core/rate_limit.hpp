#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <stop_token>

#include "leat/core/bytes.hpp"

namespace leat {

/// What tells the time to a RateLimit, and lets it pass.
struct RateClock {
  using time_point = std::chrono::steady_clock::time_point;

  /// Must never go back. Called with the limit's mutex held.
  std::function<time_point()> now{};
  /// Waits on the condition variable until it is notified or the time has come; it may come back early.
  std::function<void(std::condition_variable&, std::unique_lock<std::mutex>&, time_point)> wait_until{};
};

/// The steady clock of the machine.
[[nodiscard]] RateClock steady_rate_clock();

/// What a RateLimit has seen. A plain value.
struct RateLimitStats {
  ByteCount passed{};                 ///< bytes that were let through
  std::size_t waiting = 0;            ///< threads that wait now
  std::chrono::nanoseconds waited{};  ///< by all threads that have waited, together
};

/// So many bytes a second for all threads that share it: a bucket that fills at the rate, holds at most what
/// comes in 250 ms, and is full at the start. Thread-safe; shared by std::shared_ptr.
///
/// Invariant: a request passes when the bucket is not in debt, and then takes its bytes, whatever it holds.
/// So a request wider than the bucket passes and is paid back by the wait of those that follow, and between
/// any two moments t apart no more passes than rate * (t + 250 ms) and one request. Requests pass in the
/// order in which they came.
class RateLimit {
 public:
  /// Bytes a second; zero: no limit.
  explicit RateLimit(ByteCount per_second, RateClock clock = steady_rate_clock());
  RateLimit(const RateLimit&) = delete;
  RateLimit& operator=(const RateLimit&) = delete;

  /// Waits until the bytes may pass. @throws Stopped, and then nothing was taken.
  void acquire(ByteCount bytes, const std::stop_token& stop);

  /// Changes the rate for those that wait, too. What is owed is paid at the new rate; zero forgives it.
  void set_rate(ByteCount per_second);
  [[nodiscard]] ByteCount rate() const;

  [[nodiscard]] RateLimitStats stats() const;

 private:
  // With mutex_ held
  void fill();
  [[nodiscard]] bool in_debt() const { return rate_ > 0 && level_ < 0; }
  [[nodiscard]] RateClock::time_point paid_at() const;
  void take(ByteCount bytes);

  // Constant after construction
  const RateClock clock_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_
  double rate_;   // bytes a second
  double level_;  // bytes in the bucket; below zero it is in debt
  RateClock::time_point filled_at_;
  std::uint64_t passed_ = 0;
  std::list<ByteCount> waiting_;  // requests in the order in which they came; the first one minds the clock
  std::chrono::nanoseconds waited_{};
};

}  // namespace leat
