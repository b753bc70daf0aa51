#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

#include "leat/core/error.hpp"

namespace leat::detail {

/// Where the workers of a stage wait for each other, once. Thread-safe.
class Meeting {
 public:
  explicit Meeting(std::size_t expected) : missing_(expected) {}

  /// Comes, and waits until all have come. @throws Stopped
  void wait_for_all(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (--missing_ == 0) changed_.notify_all();
    if (!changed_.wait(lock, stop, [this] { return missing_ == 0; })) throw Stopped{};
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t missing_;  // guarded by mutex_
};

}  // namespace leat::detail
