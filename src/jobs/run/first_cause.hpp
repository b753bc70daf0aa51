#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "jobs/options/steady_clock.hpp"
#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// Of what several sessions with one server meet, what came first: where one of them fails, and holds what
/// the others need, these lose their connection or their snapshot a moment later. Thread-safe.
class FirstCause {
 public:
  /// The error, or the one before that has brought it about.
  [[nodiscard]] Error of(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (has_recent() && is_lost(error)) return first_->at(std::string(error.where()));
    if (!has_recent() && !is_lost(error)) {
      first_ = error;
      at_ = SteadyClock::now();
      met_.notify_all();
    }
    return error;
  }

  /// The same of the loss of a snapshot, which comes of the end of the session that held it: whoever uses
  /// that one is about to meet why. Waits for that, a second at most.
  [[nodiscard]] Error of_lost_snapshot(const Error& error, const std::stop_token& stop) {
    {
      std::unique_lock lock(mutex_);
      static_cast<void>(met_.wait_for(lock, stop, longest_wait, [this] { return has_recent(); }));
    }
    return of(error);
  }

  /// Whether an error says only that a session or a snapshot is no longer there.
  [[nodiscard]] static bool is_lost(const Error& error) { return error.sqlstate().starts_with("08"); }

 private:
  static constexpr std::chrono::seconds longest_after{3};
  static constexpr std::chrono::seconds longest_wait{1};

  [[nodiscard]] bool has_recent() const { return first_ && SteadyClock::now() - at_ < longest_after; }

  std::mutex mutex_;
  std::condition_variable_any met_;
  // Guarded by mutex_
  std::optional<Error> first_;
  SteadyClock::time_point at_{};
};

}  // namespace leat::jobs_detail
