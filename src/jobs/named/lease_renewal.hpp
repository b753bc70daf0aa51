#pragma once

#include <chrono>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "jobs/named/job_keeper.hpp"
#include "leat/core/detail/message_of.hpp"
#include "leat/core/detail/pause.hpp"

namespace leat::jobs_detail {

/// Renews a job's lease on a thread of its own, whatever the others wait for.
class LeaseRenewal {
 public:
  /// `keeper` outlives it.
  LeaseRenewal(JobKeeper& keeper, Logger log)
      : keeper_(keeper), log_(std::move(log)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

  /// @throws what has ended the renewal. Thread-safe.
  void check() const {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr std::chrono::milliseconds interval{100};

  void run(const std::stop_token& stop) {
    try {
      while (true) {
        detail::pause(interval, stop);
        keeper_.renew_if_due(stop);
      }
    } catch (const Stopped&) {
    } catch (...) {
      // Not the library's own alone: a session may find no file descriptor left.
      if (stop.stop_requested()) return;
      log_.warning("the job's lease was not renewed: " + detail::message_of(std::current_exception()));
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
    }
  }

  JobKeeper& keeper_;
  const Logger log_;
  mutable std::mutex mutex_;
  std::exception_ptr failure_;  // guarded by mutex_
  std::jthread thread_;         // the last, since it uses the others
};

}  // namespace leat::jobs_detail
