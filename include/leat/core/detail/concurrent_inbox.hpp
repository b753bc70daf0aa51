#pragma once

#include <concurrentqueue.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <new>
#include <span>
#include <stop_token>
#include <utility>

#include "leat/core/byte_weight.hpp"
#include "leat/core/detail/hand_off_state.hpp"
#include "leat/core/detail/ring.hpp"
#include "leat/core/detail/tsan.hpp"

namespace leat::detail {

/// The inbox of ConcurrentMonitor: moodycamel's queue. It keeps a sub-queue for each writing thread, so no
/// writer waits for another.
///
/// Invariant: a writer reserves a place, enqueues the item, and then counts it as entered. So the one reader
/// finds at least as many items here as have entered and were not collected.
template <class T>
class ConcurrentInbox final : public Gatherer {
 public:
  explicit ConcurrentInbox(HandOffState& state) : state_(state) {}

  /// Adds the item once there is a place. False: the deadline passed, and the item is untouched.
  /// @throws Stopped
  bool put(T& item, const Deadline& deadline, const std::stop_token& stop) {
    state_.throw_if_over(stop);
    const std::size_t weight = byte_weight_of(item);
    if (!state_.try_reserve(weight) && !state_.wait_for_place(weight, deadline, stop)) return false;
    if (!queue_.enqueue(Slot(std::move(item)))) {
      state_.cancel_reservation(weight);
      throw std::bad_alloc{};
    }
    state_.enter(1);
    return true;
  }

  /// Adds as many items as there is room for, without blocking. Returns their number. @throws Stopped
  std::size_t put_run(std::span<T> items, const std::stop_token& stop) {
    state_.throw_if_over(stop);
    std::size_t count = 0;
    while (count < items.size() && state_.try_reserve(byte_weight_of(items[count]))) ++count;
    if (count == 0) return 0;
    if (!queue_.enqueue_bulk(std::make_move_iterator(items.begin()), count)) {
      for (std::size_t i = 0; i < count; ++i) state_.cancel_reservation(byte_weight_of(items[i]));
      throw std::bad_alloc{};
    }
    state_.enter(count);
    return count;
  }

  /// Does nothing: writers of this inbox hold no items back.
  void gather() override {}

  /// Fills the empty ring with a run of items, for a caller that excludes every other reader.
  void collect(Ring<T>& run) {
    if (state_.closed()) return;
    const std::size_t count = std::min<std::uint64_t>(run_limit, state_.items_entered());
    run.reserve(count);
    queue_.try_dequeue_bulk(IntoRing{&run}, count);
  }

  /// Moves all items out of a hand-off that was closed, under the same condition. If a writer is just
  /// enqueuing an item, that item is dropped with the hand-off.
  void clear(Ring<T>& dropped) noexcept {
    while (queue_.try_dequeue_bulk(IntoRing{&dropped}, run_limit) != 0) {
    }
  }

 private:
  /// How many items the reader takes at once. The queue's writers and its reader meet at every take.
  static constexpr std::size_t run_limit = 256;

  /// An item inside the queue.
  struct Slot : ReusedPlace {
    T item;
    Slot(T&& value) noexcept : item(std::move(value)) {}  // NOLINT(google-explicit-constructor): enqueue_bulk
  };

  /// The type that the queue assigns dequeued items to.
  struct IntoRing {
    Ring<T>* items;
    IntoRing& operator*() noexcept { return *this; }
    IntoRing& operator++() noexcept { return *this; }
    IntoRing& operator++(int) noexcept { return *this; }
    void operator=(Slot&& slot) { items->push(std::move(slot.item)); }
  };

  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    /// Items of one block, which passes from writer to reader and back as a whole.
    static constexpr std::size_t BLOCK_SIZE = 128;
  };

  HandOffState& state_;
  moodycamel::ConcurrentQueue<Slot, Traits> queue_;
};

}  // namespace leat::detail
