#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <stop_token>
#include <utility>

#include "leat/core/byte_weight.hpp"
#include "leat/core/detail/hand_off_state.hpp"
#include "leat/core/detail/ring.hpp"

namespace leat::detail {

/// Where Monitor's writers leave items: a ring under the state's mutex, so all writers together have one
/// order.
template <class T>
class LockedInbox {
 public:
  explicit LockedInbox(HandOffState& state) : state_(state) {}

  /// Adds the item once there is a place. False: the deadline passed, and the item is untouched.
  /// @throws Stopped
  bool put(T& item, const Deadline& deadline, const std::stop_token& stop) {
    throw_if_stopped(stop);
    const std::size_t weight = weight_of(item);
    {
      Wake wake(state_);
      std::unique_lock lock(state_.mutex());
      if (state_.closed()) throw Stopped{};
      if (state_.try_reserve_exclusive(weight)) {
        store(item, weight, lock, wake);
        return true;
      }
    }
    if (!state_.wait_for_place(weight, deadline, stop)) return false;
    Wake wake(state_);
    std::unique_lock lock(state_.mutex());
    if (state_.closed()) throw Stopped{};
    store(item, weight, lock, wake);
    return true;
  }

  /// Adds what there is room for without blocking, and says how many that were. @throws Stopped
  std::size_t put_run(std::span<T> items, const std::stop_token& stop) {
    throw_if_stopped(stop);
    Wake wake(state_);
    std::unique_lock lock(state_.mutex());
    if (state_.closed()) throw Stopped{};
    for (T& item : items) {
      const std::size_t weight = weight_of(item);
      if (!state_.try_reserve_exclusive(weight)) break;
      store(item, weight, lock, wake);
    }
    return wake.entered;
  }

  /// Fills the empty ring with the oldest items, for a caller that excludes every other reader.
  void collect(Ring<T>& run) {
    const std::lock_guard lock(state_.mutex());
    items_.swap(run);
  }

  /// Moves everything out of a hand-off that was closed, under the same condition.
  void clear(Ring<T>& dropped) noexcept {
    const std::lock_guard lock(state_.mutex());
    items_.swap(dropped);
  }

 private:
  /// Wakes readers for what was stored, after the lock that is taken later has been released.
  struct Wake {
    HandOffState& state;
    std::size_t entered = 0;
    bool awaited = false;
    explicit Wake(HandOffState& hand_off) : state(hand_off) {}
    Wake(const Wake&) = delete;
    Wake& operator=(const Wake&) = delete;
    ~Wake() {
      if (awaited) state.wake_readers(entered);
    }
  };

  /// Stores an item whose place is reserved. Unlocks when it throws.
  void store(T& item, std::size_t weight, std::unique_lock<std::mutex>& lock, Wake& wake) {
    try {
      items_.push(std::move(item));
    } catch (...) {
      lock.unlock();
      state_.cancel_reservation(weight);
      throw;
    }
    ++wake.entered;
    wake.awaited |= state_.enter_exclusive(1);
  }

  HandOffState& state_;

  // Guarded by the state's mutex
  Ring<T> items_;
};

}  // namespace leat::detail
