#pragma once

#include <atomic>
#include <thread>

namespace leat::detail {

/// A lock for a few instructions that are rarely contended.
class SpinLock {
 public:
  void lock() noexcept {
    // The holder may have lost its core.
    while (locked_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> locked_{false};
};

}  // namespace leat::detail
