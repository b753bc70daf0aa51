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
#include "leat/core/detail/export.hpp"

namespace leat {

/// The clock of a RateLimit. Tests can replace it.
struct RateClock {
  using time_point = std::chrono::steady_clock::time_point;

  /// The present time; it must never go back. Called with the limit's mutex held.
  std::function<time_point()> now{};
  /// Waits on the condition variable until it is notified or the time has come. It may return early.
  std::function<void(std::condition_variable&, std::unique_lock<std::mutex>&, time_point)> wait_until{};
};

/// The steady clock of the machine.
[[nodiscard]] LEAT_EXPORT RateClock steady_rate_clock();

/// The statistics of a RateLimit. A plain value.
struct RateLimitStats {
  ByteCount passed{};                 ///< bytes that were let through
  std::size_t waiting = 0;            ///< threads that are waiting now
  std::chrono::nanoseconds waited{};  ///< total waiting time of all threads
};

/// Limits bytes per second for all threads that share it. It is a bucket that fills at the rate, holds at
/// most the bytes of 250 ms, and is full at the start. Thread-safe; shared by std::shared_ptr.
///
/// Invariant: a request passes if the bucket is not in debt, and then takes its bytes, even if the bucket
/// holds fewer. So a request larger than the bucket passes, and the requests after it wait until its debt is
/// paid. Within any time t no more passes than rate * (t + 250 ms) and one request. Requests pass in the
/// order in which they came.
class LEAT_EXPORT RateLimit {
 public:
  /// Bytes per second: `50_MiB`. Zero: no limit.
  explicit RateLimit(ByteCount per_second, RateClock clock = steady_rate_clock());
  RateLimit(const RateLimit&) = delete;
  RateLimit& operator=(const RateLimit&) = delete;

  /// Waits until the bytes may pass. @throws Stopped; nothing was taken then.
  void acquire(ByteCount bytes, const std::stop_token& stop);

  /// Changes the rate, also for waiting threads. Debt is paid at the new rate; zero cancels it.
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
