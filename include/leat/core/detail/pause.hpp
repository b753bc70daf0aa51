#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "leat/core/error.hpp"

namespace leat::detail {

/// Waits for this time; only a stop can shorten it. @throws Stopped
inline void pause(std::chrono::nanoseconds delay, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  static_cast<void>(changed.wait_for(lock, stop, delay, [] { return false; }));
  if (stop.stop_requested()) throw Stopped{};
}

}  // namespace leat::detail
