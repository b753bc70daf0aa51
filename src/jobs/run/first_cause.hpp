#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "jobs/options/steady_clock.hpp"
#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// Of what several sessions with one server meet, what came first: where one of them fails, and holds what
/// the others need, these lose their connection or their snapshot a moment later. Thread-safe.
class FirstCause {
 public:
  /// The error, or the one before that has brought it about.
  [[nodiscard]] Error of(const Error& error) {
    const auto now = SteadyClock::now();
    const std::lock_guard lock(mutex_);
    const bool is_recent = first_ && now - at_ < longest_after;
    if (is_recent && is_lost(error)) return first_->at(std::string(error.where()));
    if (!is_recent && !is_lost(error)) {
      first_ = error;
      at_ = now;
    }
    return error;
  }

  /// Whether an error says only that a session or a snapshot is no longer there.
  [[nodiscard]] static bool is_lost(const Error& error) { return error.sqlstate().starts_with("08"); }

 private:
  static constexpr std::chrono::seconds longest_after{3};

  std::mutex mutex_;
  // Guarded by mutex_
  std::optional<Error> first_;
  SteadyClock::time_point at_{};
};

}  // namespace leat::jobs_detail
