#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

#include "leat/core/error.hpp"

namespace leat::detail {

/// Where the workers of a stage wait for each other, once: either all of them have come, or all leave with
/// Stopped. Thread-safe.
class Meeting {
 public:
  explicit Meeting(std::size_t expected) : missing_(expected) {}

  /// Comes, and waits until all have come. The last one asks `ask`, and all return its answer, so that what
  /// happens later divides nobody. @throws Stopped
  template <class Ask>
  [[nodiscard]] bool wait_for_all(const std::stop_token& stop, const Ask& ask) {
    std::unique_lock lock(mutex_);
    if (has_failed_) throw Stopped{};
    if (--missing_ == 0) {
      answer_ = ask();
      changed_.notify_all();
    }
    if (changed_.wait(lock, stop, [this] { return missing_ == 0; })) return answer_;
    // Who comes later must not take this one for one that goes on.
    has_failed_ = true;
    throw Stopped{};
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::size_t missing_;
  bool has_failed_ = false;
  bool answer_ = false;
};

}  // namespace leat::detail
