#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/byte_weight.hpp"
#include "leat/core/detail/hand_off_state.hpp"
#include "leat/core/detail/ring.hpp"
#include "leat/core/detail/spin_lock.hpp"

namespace leat::detail {

/// Items that one writer holds back until there are enough of them, or until a reader asks.
template <class T>
struct WriterRun {
  SpinLock lock;
  Ring<T> items;  // guarded by lock; each has its place reserved
};

/// The inbox of Monitor: a ring under the state's mutex, so the items of all writers together have one order.
/// Lock order: the state's mutex, then a run's lock.
template <class T>
class LockedInbox final : public Gatherer {
 public:
  explicit LockedInbox(HandOffState& state) : state_(state) {}

  void add(WriterRun<T>& run) {
    const std::lock_guard lock(state_.mutex());
    runs_.push_back(&run);
  }
  void remove(WriterRun<T>& run) noexcept {
    const std::lock_guard lock(state_.mutex());
    std::erase(runs_, &run);
  }

  /// Enters the items of one writer's run; does nothing after the hand-off was closed.
  void take(WriterRun<T>& run) {
    std::size_t count = 0;
    bool awaited = false;
    {
      const std::lock_guard lock(state_.mutex());
      if (state_.closed()) throw Stopped{};
      count = move_in(run);
      awaited = count != 0 && state_.enter_exclusive(count);
    }
    if (awaited) state_.wake_readers(count);
  }

  void gather() override {
    std::size_t count = 0;
    for (WriterRun<T>* run : runs_) count += move_in(*run);
    // One of them is for the reader that asks.
    if (count != 0 && state_.enter_exclusive(count) && count > 1) state_.wake_readers(count - 1);
  }

  /// Adds the item once there is a place. False: the deadline passed, and the item is untouched.
  /// @throws Stopped
  bool put(T& item, const Deadline& deadline, const std::stop_token& stop) {
    throw_if_stopped(stop);
    const std::size_t weight = byte_weight_of(item);
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

  /// Adds as many items as there is room for, without blocking. Returns their number. @throws Stopped
  std::size_t put_run(std::span<T> items, const std::stop_token& stop) {
    throw_if_stopped(stop);
    Wake wake(state_);
    std::unique_lock lock(state_.mutex());
    if (state_.closed()) throw Stopped{};
    for (T& item : items) {
      const std::size_t weight = byte_weight_of(item);
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

  /// Moves all items out of a hand-off that was closed, under the same condition.
  void clear(Ring<T>& dropped) noexcept {
    const std::lock_guard lock(state_.mutex());
    items_.swap(dropped);
    for (WriterRun<T>* run : runs_) {
      const std::lock_guard running(run->lock);
      while (!run->items.empty()) static_cast<void>(run->items.pop());
    }
  }

 private:
  /// Wakes readers for the stored items. It does so after the lock that is taken later has been released.
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

  /// Under the state's mutex. Changes nothing when it throws (std::bad_alloc).
  std::size_t move_in(WriterRun<T>& run) {
    const std::lock_guard lock(run.lock);
    const std::size_t count = run.items.size();
    items_.reserve(items_.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
      items_.push(std::move(run.items.front()));
      run.items.drop_front();
    }
    return count;
  }

  HandOffState& state_;

  // Guarded by the state's mutex
  Ring<T> items_;
  std::vector<WriterRun<T>*> runs_;
};

}  // namespace leat::detail
