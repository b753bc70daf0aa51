#pragma once

#include <memory>
#include <mutex>
#include <stop_token>

#include "jobs/load/replica_lag.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/jobs/options/throttle.hpp"

namespace leat::jobs_detail {

/// Keeps the writers of one job to a Throttle. Thread-safe.
class Pace {
 public:
  /// `open` makes a session with the target that asks for its replicas.
  Pace(std::shared_ptr<Throttle> throttle, ReplicaLag::Open open, Logger log)
      : throttle_(std::move(throttle)), lag_(std::move(open), std::move(log)) {}

  /// Waits until so many bytes may be written. @throws Stopped
  void wait(ByteCount bytes, const std::stop_token& stop) {
    throttle_->acquire(bytes, stop);
    while (lags(stop)) detail::pause(look_again, stop);
  }

 private:
  [[nodiscard]] bool lags(const std::stop_token& stop) {
    const std::lock_guard lock(mutex_);
    return lag_.poll(LogHistory::time_point::clock::now(), throttle_->max_replica_lag(), stop).pause;
  }

  static constexpr std::chrono::seconds look_again{1};

  const std::shared_ptr<Throttle> throttle_;
  std::mutex mutex_;
  ReplicaLag lag_;  // guarded by mutex_
};

}  // namespace leat::jobs_detail
