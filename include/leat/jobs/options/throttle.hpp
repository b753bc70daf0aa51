#pragma once

#include <atomic>
#include <chrono>

#include "leat/core/bytes.hpp"
#include "leat/core/rate_limit.hpp"

namespace leat {

/// How fast jobs may write, together: as many jobs as like share one. May be changed while they run.
/// Thread-safe.
class Throttle {
 public:
  /// Zero: no limit. A lag asks for a role that sees what replicas do (pg_monitor).
  explicit Throttle(ByteCount bytes_per_second = {}, std::chrono::milliseconds max_replica_lag = {})
      : rate_(bytes_per_second), max_replica_lag_(max_replica_lag) {}

  /// Bytes of rows a second. Zero: no limit.
  void set_rate(ByteCount per_second) { rate_.set_rate(per_second); }
  /// Jobs pause while a replica of their target is farther behind. Zero: they never do.
  void set_max_replica_lag(std::chrono::milliseconds lag) noexcept { max_replica_lag_ = lag; }

  [[nodiscard]] ByteCount rate() const { return rate_.rate(); }
  [[nodiscard]] std::chrono::milliseconds max_replica_lag() const noexcept { return max_replica_lag_; }
  [[nodiscard]] RateLimitStats stats() const { return rate_.stats(); }

  /// For whoever writes: waits until so many bytes may go. @throws Stopped
  void acquire(ByteCount bytes, const std::stop_token& stop) { rate_.acquire(bytes, stop); }

 private:
  RateLimit rate_;
  std::atomic<std::chrono::milliseconds> max_replica_lag_;
};

}  // namespace leat
