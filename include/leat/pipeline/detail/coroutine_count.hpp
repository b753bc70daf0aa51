#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>

#include "leat/core/error.hpp"

namespace leat::detail {

/// Counts the coroutines of a stage, and its items on their way: from the start of an item's coroutine until
/// its output was handed on. Thread-safe.
class CoroutineCount {
 public:
  void started(std::size_t count) {
    const std::lock_guard lock(mutex_);
    alive_ += count;
    on_their_way_ += count;
  }
  void one_ended() {
    const std::lock_guard lock(mutex_);
    if (--alive_ == 0) fewer_.notify_all();
  }
  void were_handed_on(std::size_t count) {
    const std::lock_guard lock(mutex_);
    on_their_way_ -= count;
    fewer_.notify_all();
  }

  /// Blocks while `most` items or more are on their way. Returns how many more may be started. @throws
  /// Stopped
  [[nodiscard]] std::size_t wait_until_fewer_than(std::size_t most, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!fewer_.wait(lock, stop, [this, most] { return on_their_way_ < most; })) throw Stopped{};
    return most - on_their_way_;
  }
  /// Blocks until there is no coroutine. False: some are left after this time. Without a time there is no
  /// limit.
  [[nodiscard]] bool wait_until_none(std::optional<std::chrono::nanoseconds> patience) {
    std::unique_lock lock(mutex_);
    const auto none = [this] { return alive_ == 0; };
    if (patience) return fewer_.wait_for(lock, *patience, none);
    fewer_.wait(lock, none);
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any fewer_;
  // Guarded by mutex_
  std::size_t alive_ = 0;
  std::size_t on_their_way_ = 0;
};

}  // namespace leat::detail
