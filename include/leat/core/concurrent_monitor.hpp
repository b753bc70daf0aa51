#pragma once

#include <concurrentqueue.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <new>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/byte_weight.hpp"
#include "leat/core/detail/hand_off_base.hpp"
#include "leat/core/detail/tsan.hpp"
#include "leat/core/hand_off.hpp"

namespace leat {

/// Monitor's surface over moodycamel's lock-free queue, for many threads and tiny items. Thread-safe.
///
/// It promises what Monitor does, but for the order: items of one writing thread are read in the order in
/// which it wrote them (the queue keeps a sub-queue for each thread), while items of different threads have
/// none. A producer is therefore one thread: writing on from another thread starts a new order.
///
/// Invariants: a writer reserves a place, enqueues, and then counts the item as entered; a reader first
/// counts an entered item as its own and then dequeues, so it is certain to find one, and end and bounds
/// follow from the counters alone.
template <class T, class Header = NoHeader>
class ConcurrentMonitor : public detail::HandOffBase<Header> {
  static_assert(std::is_nothrow_move_constructible_v<T>, "an item must move without throwing");

 public:
  using value_type = T;

  /// @throws Error (config) that names the option that is out of range.
  explicit ConcurrentMonitor(MonitorOptions options = {})
      : detail::HandOffBase<Header>(options, Weighed<T> ? 0 : sizeof(T)) {}

  /// Adds an item, blocking at the bounds. @throws Stopped
  void write(T item, const std::stop_token& stop) { put(item, detail::Deadline::never(), stop); }

  /// The same for at most `timeout` (0 or less: without blocking). False: it passed, and the item is
  /// untouched.
  /// @throws Stopped
  [[nodiscard]] bool write_for(T& item, std::chrono::nanoseconds timeout, const std::stop_token& stop) {
    return put(item, detail::Deadline::in(timeout), stop);
  }

  /// Adds the items in their order, a run of them at a time where there is room; they are moved from.
  /// Items of other writers may come between. @throws Stopped, when some may have been added.
  void write_all(std::span<T> items, const std::stop_token& stop) {
    while (!items.empty()) {
      items = items.subspan(put_run(items, stop));
      if (items.empty()) return;
      put(items.front(), detail::Deadline::never(), stop);
      items = items.subspan(1);
    }
  }
  void write_all(std::vector<T>&& items, const std::stop_token& stop) {
    write_all(std::span<T>(items), stop);
    items.clear();
  }

  /// Takes an item, waiting for one. nullopt = the end. @throws Stopped
  [[nodiscard]] std::optional<T> read(const std::stop_token& stop) {
    std::optional<T> item;
    if (claim(1, detail::Deadline::never(), stop).items != 0) take_claimed(item);
    return item;
  }

  /// The same for at most `timeout` (0 or less: without blocking). `out` is assigned only with
  /// ReadResult::item.
  /// @throws Stopped
  [[nodiscard]] ReadResult read_for(T& out, std::chrono::nanoseconds timeout, const std::stop_token& stop) {
    const Claim claimed = claim(1, detail::Deadline::in(timeout), stop);
    if (claimed.items == 0) return claimed.otherwise;
    std::optional<T> item;
    take_claimed(item);
    out = std::move(*item);
    return ReadResult::item;
  }

  /// Waits for one item and appends it and those that are at hand, 1 to `most` in all; 0 = the end (or most =
  /// 0).
  /// @throws Stopped
  [[nodiscard]] std::size_t read_some(std::vector<T>& out, std::size_t most, const std::stop_token& stop) {
    if (most == 0) return 0;
    // What can throw comes before the claim: a claimed item is always taken.
    most = std::min(most, run_limit);
    const std::size_t before = out.size();
    if (out.capacity() - before < most) out.reserve(std::max(before + most, 2 * out.capacity()));
    const std::size_t count = claim(most, detail::Deadline::never(), stop).items;
    for (std::size_t got = 0; got < count;) {
      const std::size_t more = queue_.try_dequeue_bulk(IntoVector{&out}, count - got);
      got += more;
      if (more == 0) pause();
    }
    std::uint64_t bytes = 0;
    if constexpr (Weighed<T>) {
      for (std::size_t i = before; i < out.size(); ++i) bytes += weight_of(out[i]);
    }
    if (count != 0) left(bytes);
    return count;
  }

  /// Ends the hand-off with a failure: the first one is kept, buffered items are dropped, everybody who is
  /// blocked or comes later unwinds with Stopped. Null ends it without a failure to keep.
  void fail(std::exception_ptr failure) noexcept { close(std::move(failure)); }

  /// Says that the readers have gone for good: buffered items are dropped, writers unwind with Stopped.
  void abandon() noexcept { close(nullptr); }

 private:
  using detail::HandOffBase<Header>::state_;
  using Deadline = detail::Deadline;

  static constexpr std::size_t run_limit = 1024;

  /// An item inside the queue.
  struct Slot : detail::ReusedPlace {
    T item;
    Slot(T&& value) noexcept : item(std::move(value)) {}  // NOLINT(google-explicit-constructor): enqueue_bulk
  };

  /// What the queue assigns a dequeued item to.
  struct IntoOptional {
    std::optional<T>& item;
    void operator=(Slot&& slot) noexcept { item.emplace(std::move(slot.item)); }
  };
  struct IntoVector {
    std::vector<T>* items;  // has room
    IntoVector& operator*() noexcept { return *this; }
    IntoVector& operator++() noexcept { return *this; }
    IntoVector& operator++(int) noexcept { return *this; }
    void operator=(Slot&& slot) noexcept { items->push_back(std::move(slot.item)); }
  };

  struct Claim {
    std::size_t items;
    ReadResult otherwise;
  };

  bool put(T& item, const Deadline& deadline, const std::stop_token& stop) {
    throw_if_over(stop);
    const std::size_t weight = weight_of(item);
    if (!state_.try_reserve(weight) && !state_.wait_for_place(weight, deadline, stop)) return false;
    if (!queue_.enqueue(Slot(std::move(item)))) {
      state_.cancel_reservation(weight);
      throw std::bad_alloc{};
    }
    state_.enter(1);
    return true;
  }

  /// Adds what there is room for without blocking.
  std::size_t put_run(std::span<T> items, const std::stop_token& stop) {
    throw_if_over(stop);
    std::size_t count = 0;
    while (count < items.size() && state_.try_reserve(weight_of(items[count]))) ++count;
    if (count == 0) return 0;
    if (!queue_.enqueue_bulk(std::make_move_iterator(items.begin()), count)) {
      for (std::size_t i = 0; i < count; ++i) state_.cancel_reservation(weight_of(items[i]));
      throw std::bad_alloc{};
    }
    state_.enter(count);
    return count;
  }

  Claim claim(std::size_t most, const Deadline& deadline, const std::stop_token& stop) {
    for (;;) {
      throw_if_over(stop);
      if (const std::uint64_t count = state_.claim(most); count != 0) {
        return {static_cast<std::size_t>(count), ReadResult::item};
      }
      switch (state_.wait_for_items(deadline, stop)) {
        case detail::HandOffState::Wait::ready:
          break;
        case detail::HandOffState::Wait::timeout:
          return {0, ReadResult::timeout};
        case detail::HandOffState::Wait::end:
          return {0, ReadResult::end};
      }
    }
  }

  void take_claimed(std::optional<T>& item) {
    dequeue(item);
    left(weight_of(*item));
  }

  void dequeue(std::optional<T>& item) noexcept {
    IntoOptional into{item};
    while (!queue_.try_dequeue(into)) pause();
  }

  void left(std::uint64_t bytes) {
    state_.leave_bytes(bytes);
    state_.after_leaving();
  }

  /// Another reader is between its look at the queue and its dequeuing.
  static void pause() noexcept { std::this_thread::yield(); }

  void throw_if_over(const std::stop_token& stop) const {
    if (state_.closed() || stop.stop_requested()) throw Stopped{};
  }

  /// Drops what no reader has claimed; an item whose writer was just enqueuing is dropped with the hand-off.
  void close(std::exception_ptr failure) noexcept {
    state_.close(std::move(failure));
    while (state_.claim(1) != 0) {
      std::optional<T> item;
      dequeue(item);
      state_.note_dropped(1);
    }
  }

  moodycamel::ConcurrentQueue<Slot> queue_;
};

static_assert(HandOff<ConcurrentMonitor<int>>);

}  // namespace leat
