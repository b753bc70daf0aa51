#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/byte_weight.hpp"
#include "leat/core/detail/hand_off_base.hpp"
#include "leat/core/detail/locked_inbox.hpp"
#include "leat/core/detail/ring.hpp"
#include "leat/core/hand_off.hpp"

namespace leat {

/// The bounded hand-off between two pools. First in, first out; every item is read exactly once. Thread-safe.
///
/// After a stop request, after fail() and after abandon(), every blocking operation throws Stopped, even if
/// it would not have to block. A writer that was blocked at a limit goes on when half of the room is free. A
/// reader never waits while there is an item. T must move without throwing; byte_weight_of(item) is the
/// weight of an item.
///
/// The hand-off must outlive its users. Destroying it while a thread is inside is undefined behaviour.
///
/// Inbox is the place where writers leave items; ConcurrentMonitor uses another one.
///
/// Invariants: an item is in the inbox or in `out_`; the items in `out_` are the older ones. Readers take
/// from `out_`, and refill it from the inbox when it is empty, so writers and readers meet only once for each
/// run of items. A thread that blocks holds no mutex. Lock order: read_mutex_, then the state's mutex.
template <class T, class Header = NoHeader, class Inbox = detail::LockedInbox<T>>
class Monitor : public detail::HandOffBase<Header> {
 public:
  using value_type = T;

  /// @throws Error (config) that names an option that is out of range.
  explicit Monitor(MonitorOptions options = {})
      : detail::HandOffBase<Header>(options, Weighed<T> ? 0 : sizeof(T)) {}

  /// Adds an item; blocks at the limits. @throws Stopped
  void write(T item, const std::stop_token& stop) { inbox_.put(item, detail::Deadline::never(), stop); }

  /// The same for at most `timeout` (0 or less: without blocking). False: the time has passed, and the item
  /// is untouched.
  /// @throws Stopped
  [[nodiscard]] bool write_for(T& item, std::chrono::nanoseconds timeout, const std::stop_token& stop) {
    return inbox_.put(item, detail::Deadline::in(timeout), stop);
  }

  /// Adds the items in their order, as many at a time as there is room for. The items are moved from. Items
  /// of other writers may come between them. @throws Stopped; some items may have been added then.
  void write_all(std::span<T> items, const std::stop_token& stop) {
    while (!items.empty()) {
      items = items.subspan(inbox_.put_run(items, stop));
      if (items.empty()) return;
      inbox_.put(items.front(), detail::Deadline::never(), stop);
      items = items.subspan(1);
    }
  }
  void write_all(std::vector<T>&& items, const std::stop_token& stop) {
    write_all(std::span<T>(items), stop);
    items.clear();
  }

  /// Blocks until an item may be written, and returns the number of free places. The number is reliable only
  /// if the caller is the only writer. @throws Stopped
  [[nodiscard]] std::size_t wait_for_room(const std::stop_token& stop) { return state_.wait_for_room(stop); }

  /// Takes the oldest item; waits for one. nullopt: the end. @throws Stopped
  [[nodiscard]] std::optional<T> read(const std::stop_token& stop) {
    std::optional<T> item;
    take(detail::Deadline::never(), stop, [&](auto& run) {
      item.emplace(std::move(run.front()));
      run.drop_front();
      return Taken{1, byte_weight_of(*item)};
    });
    return item;
  }

  /// The same for at most `timeout` (0 or less: without blocking). `out` is assigned only if the result is
  /// ReadResult::item.
  /// @throws Stopped
  [[nodiscard]] ReadResult read_for(T& out, std::chrono::nanoseconds timeout, const std::stop_token& stop) {
    return take(detail::Deadline::in(timeout), stop, [&](auto& run) {
      const Taken taken{1, byte_weight_of(run.front())};
      out = run.pop();
      return taken;
    });
  }

  /// Waits for an item, and appends it to `out` together with more items that are already there, 1 to `most`
  /// in all. Returns their number; 0: the end (or most = 0).
  /// @throws Stopped
  [[nodiscard]] std::size_t read_some(std::vector<T>& out, std::size_t most, const std::stop_token& stop) {
    const std::size_t before = out.size();
    if (most != 0) take_run(out, most, Deadline::never(), stop);
    return out.size() - before;
  }

  /// The same for at most `timeout` (0 or less: without blocking). `most` must be > 0.
  /// @throws Stopped
  [[nodiscard]] ReadResult read_some_for(std::vector<T>& out, std::size_t most,
                                         std::chrono::nanoseconds timeout, const std::stop_token& stop) {
    return take_run(out, most, Deadline::in(timeout), stop);
  }

  /// Ends the hand-off with a failure. The first failure is kept and buffered items are dropped. All threads
  /// that are blocked or come later unwind with Stopped. Null: ends it without a failure to keep.
  void fail(std::exception_ptr failure) noexcept { close(std::move(failure)); }

  /// Called when the readers have gone for good. Buffered items are dropped, and writers unwind with Stopped.
  void abandon() noexcept { close(nullptr); }

 private:
  using detail::HandOffBase<Header>::state_;
  using Deadline = detail::Deadline;

  struct Taken {
    std::size_t items;
    std::size_t bytes;
  };

  ReadResult take_run(std::vector<T>& out, std::size_t most, const Deadline& deadline,
                      const std::stop_token& stop) {
    return take(deadline, stop, [&](auto& run) {
      const std::size_t count = std::min(most, run.size());
      if (out.capacity() - out.size() < count) {
        out.reserve(std::max(out.size() + count, 2 * out.capacity()));
      }
      Taken taken{count, 0};
      for (std::size_t i = 0; i < count; ++i) {
        if constexpr (Weighed<T>) taken.bytes += byte_weight_of(run.front());
        out.push_back(std::move(run.front()));
        run.drop_front();
      }
      return taken;
    });
  }

  template <class Pop>
  ReadResult take(const Deadline& deadline, const std::stop_token& stop, Pop pop) {
    for (;;) {
      detail::throw_if_stopped(stop);
      if (take_now(pop)) {
        state_.after_leaving();
        return ReadResult::item;
      }
      switch (state_.wait_for_items(deadline, stop, inbox_)) {
        case detail::HandOffState::Wait::ready:
          break;
        case detail::HandOffState::Wait::timeout:
          return ReadResult::timeout;
        case detail::HandOffState::Wait::end:
          return ReadResult::end;
      }
    }
  }

  template <class Pop>
  bool take_now(Pop& pop) {
    const std::lock_guard reading(read_mutex_);
    if (out_.empty()) {
      if (!state_.has_items()) return false;
      inbox_.collect(out_);
      if (out_.empty()) return false;
    }
    const Taken taken = pop(out_);
    state_.leave_exclusive(taken.items, taken.bytes);
    return true;
  }

  void close(std::exception_ptr failure) noexcept {
    detail::Ring<T> dropped_in;  // their items are destroyed after the lock was released
    detail::Ring<T> dropped_out;
    const std::lock_guard reading(read_mutex_);
    state_.close(std::move(failure));
    inbox_.clear(dropped_in);
    out_.swap(dropped_out);
  }

  template <class, class>
  friend class Outbox;

  Inbox inbox_{state_};

  // Guarded by read_mutex_
  alignas(detail::cache_line) std::mutex read_mutex_;
  detail::Ring<T> out_;
};

static_assert(HandOff<Monitor<int>>);

}  // namespace leat
