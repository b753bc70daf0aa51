#pragma once

#include <atomic>
#include <chrono>

#include "leat/core/bytes.hpp"
#include "leat/core/rate_limit.hpp"

namespace leat {

/// Limits how fast jobs write. Any number of jobs may share one Throttle; the limits are for all of them
/// together. They may be changed while jobs run. Thread-safe.
class Throttle {
 public:
  /// @param bytes_per_second see set_rate().
  /// @param max_replica_lag see set_max_replica_lag(). A limit needs a role that may see the state of
  /// replicas (pg_monitor).
  explicit Throttle(ByteCount bytes_per_second = {}, std::chrono::milliseconds max_replica_lag = {})
      : rate_(bytes_per_second), max_replica_lag_(max_replica_lag) {}

  /// Bytes of rows per second: `50_MiB`. Zero: no limit.
  void set_rate(ByteCount per_second) { rate_.set_rate(per_second); }
  /// Jobs pause while a replica of their target is farther behind than this. Zero: they never pause.
  void set_max_replica_lag(std::chrono::milliseconds lag) noexcept { max_replica_lag_ = lag; }

  [[nodiscard]] ByteCount rate() const { return rate_.rate(); }
  [[nodiscard]] std::chrono::milliseconds max_replica_lag() const noexcept { return max_replica_lag_; }
  [[nodiscard]] RateLimitStats stats() const { return rate_.stats(); }

  /// For writers: waits until that many bytes may be sent. @throws Stopped
  void acquire(ByteCount bytes, const std::stop_token& stop) { rate_.acquire(bytes, stop); }

 private:
  RateLimit rate_;
  std::atomic<std::chrono::milliseconds> max_replica_lag_;
};

}  // namespace leat
