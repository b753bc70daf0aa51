#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/core/hand_off.hpp"

namespace leat::detail {

/// The size of a cache line. Members that writers use and members that readers use lie on different lines.
inline constexpr std::size_t cache_line = 64;

/// The time until which an operation may block.
class LEAT_EXPORT Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] static Deadline never() { return Deadline{}; }
  [[nodiscard]] static Deadline in(std::chrono::nanoseconds timeout);
  [[nodiscard]] const std::optional<Clock::time_point>& at() const { return at_; }

 private:
  std::optional<Clock::time_point> at_;
};

inline void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped{};
}

/// The inbox as a reader sees it before it sleeps.
class LEAT_EXPORT Gatherer {
 public:
  /// Enters the items that writers still hold back. Called with the state's mutex held, by a reader that has
  /// announced itself.
  virtual void gather() = 0;

 protected:
  ~Gatherer() = default;
};

/// Everything of a hand-off except the items: counting, limits, blocking, ending and failing. Thread-safe.
///
/// An item is *reserved* (it has a place), then *entered* (a reader can take it), then it *leaves*.
/// Invariants:
///
/// - left <= entered <= reserved. Each only grows, except when a reservation is cancelled.
/// - reserved - left <= limit. With a byte limit: bytes_in - bytes_out <= byte limit, or there is a single
/// item.
/// - A thread that will block announces itself (waiting_readers_, gate_closed_) before it looks at the
/// counters for the last time. A thread that changes a counter looks for announcements afterwards. All of
/// this is sequentially consistent: no wake-up is lost, and a wake-up costs nothing if nobody waits.
/// - While the gate is closed, its one owner waits until half of the room is free and its item fits. Later
/// writers queue behind it, so that a heavy item is not overtaken for ever.
/// - After the last producer has signed off, no item enters any more: the end is final.
class LEAT_EXPORT HandOffState {
 public:
  enum class Wait {
    ready,
    timeout,
    end,
  };

  /// @param fixed_weight the weight of every item, or 0 if weights differ.
  HandOffState(const MonitorOptions& options, std::size_t fixed_weight);

  // Producers
  void register_producer();
  void sign_off() noexcept;

  // Writing

  /// Reserves a place, for a caller that holds mutex() and so excludes every other writer.
  [[nodiscard]] bool try_reserve_exclusive(std::size_t weight) noexcept {
    const std::uint64_t reserved = reserved_.load(std::memory_order_relaxed);
    if (gate_closed_.load(std::memory_order_relaxed) || !has_place(reserved)) return false;
    if (fixed_weight_ == 0) {
      const std::uint64_t bytes = bytes_in_.load(std::memory_order_relaxed);
      if (!fits(bytes, weight)) return false;
      bytes_in_.store(bytes + weight, std::memory_order_relaxed);
    }
    reserved_.store(reserved + 1, std::memory_order_relaxed);
    note_depth(reserved + 1);
    return true;
  }

  /// The same for up to `most` items of this weight; returns how many.
  [[nodiscard]] std::size_t try_reserve_run_exclusive(std::size_t weight, std::size_t most) noexcept {
    const std::uint64_t reserved = reserved_.load(std::memory_order_relaxed);
    if (fixed_weight_ == 0 || most == 1) return try_reserve_exclusive(weight) ? 1 : 0;
    if (gate_closed_.load(std::memory_order_relaxed) || !has_place(reserved)) return 0;
    const auto depth = static_cast<std::int64_t>(reserved - left_seen_.load(std::memory_order_relaxed));
    const std::uint64_t count = std::min<std::uint64_t>(most, static_cast<std::uint64_t>(limit_ - depth));
    reserved_.store(reserved + count, std::memory_order_relaxed);
    note_depth(reserved + count);
    return static_cast<std::size_t>(count);
  }

  /// Reserves a place, in competition with other writers.
  [[nodiscard]] bool try_reserve(std::size_t weight) noexcept {
    if (gate_closed_.load(std::memory_order_relaxed)) return false;
    if (try_reserve_at_gate(weight)) return true;
    // The gate's owner may have seen the place that was reserved for a moment only.
    if (gate_closed_.load(std::memory_order_seq_cst)) wake_everyone();
    return false;
  }

  /// Blocks until a place is reserved. False: the deadline passed. Must not be called with mutex() held.
  /// @throws Stopped
  [[nodiscard]] bool wait_for_place(std::size_t weight, const Deadline& deadline,
                                    const std::stop_token& stop);

  /// Gives back places whose items were not stored. Must not be called with mutex() held.
  void cancel_reservation(std::size_t weight, std::size_t places = 1) noexcept;

  /// Blocks until an item may be written, and returns the number of free places. The number is reliable only
  /// if the caller is the only writer. @throws Stopped
  [[nodiscard]] std::size_t wait_for_room(const std::stop_token& stop);

  /// Reserved items can be read from now on, by a caller that holds mutex(). True: wake a reader.
  [[nodiscard]] bool enter_exclusive(std::uint64_t count) noexcept {
    entered_.store(entered_.load(std::memory_order_relaxed) + count, std::memory_order_release);
    return waiting_readers_.load(std::memory_order_relaxed) != 0;
  }

  /// The same in competition with other writers, and it wakes readers.
  void enter(std::uint64_t count) {
    entered_.fetch_add(count, std::memory_order_seq_cst);
    if (waiting_readers_.load(std::memory_order_seq_cst) != 0) wake_readers_locked(count);
  }
  void wake_readers(std::uint64_t count) noexcept;
  /// True if a reader sleeps or is about to. Exact for a writer whose last lock was also taken by readers.
  [[nodiscard]] bool readers_wait() const noexcept {
    return waiting_readers_.load(std::memory_order_relaxed) != 0;
  }

  // Reading

  /// A lower limit of the items that have entered and not left. Each of them can be found where its writer
  /// put it.
  [[nodiscard]] std::uint64_t items_entered() const noexcept {
    return entered_.load(std::memory_order_acquire) - left_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool has_items() const noexcept { return items_entered() != 0; }

  /// Counts items as left, for a caller that excludes every other reader.
  void leave_exclusive(std::uint64_t count, std::uint64_t bytes) noexcept {
    if (fixed_weight_ == 0) {
      bytes_out_.store(bytes_out_.load(std::memory_order_relaxed) + bytes, std::memory_order_seq_cst);
    }
    left_.store(left_.load(std::memory_order_relaxed) + count, std::memory_order_seq_cst);
  }

  /// Called after items have left, with no lock held: lets a blocked writer go on if there is enough room.
  void after_leaving() {
    if (gate_closed_.load(std::memory_order_seq_cst)) open_gate_when_roomy();
  }

  /// Blocks until an item may be taken. Must not be called with mutex() held. @throws Stopped
  [[nodiscard]] Wait wait_for_items(const Deadline& deadline, const std::stop_token& stop,
                                    Gatherer& gatherer);

  // Ending
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  void throw_if_over(const std::stop_token& stop) const {
    if (closed() || stop.stop_requested()) throw Stopped{};
  }
  /// From now on every operation throws Stopped. The first failure is kept; null means abandoned.
  void close(std::exception_ptr failure) noexcept;
  [[nodiscard]] std::exception_ptr failure() const noexcept;

  // Publishing
  [[nodiscard]] std::unique_lock<std::mutex> begin_publish();
  void finish_publish(std::unique_lock<std::mutex> lock) noexcept;
  void wait_published(const std::stop_token& stop);

  [[nodiscard]] std::int64_t item_limit() const noexcept { return limit_; }
  [[nodiscard]] MonitorStats stats() const;
  [[nodiscard]] std::mutex& mutex() noexcept { return mutex_; }

 private:
  class Blocked;
  class GateOwner;

  template <class Ready>
  [[nodiscard]] bool poll(const std::stop_token& stop, Ready ready);
  [[nodiscard]] bool try_reserve_at_gate(std::size_t weight) noexcept;
  [[nodiscard]] bool has_place(std::uint64_t reserved) noexcept {
    const auto depth = [&](std::uint64_t left) { return static_cast<std::int64_t>(reserved - left); };
    if (depth(left_seen_.load(std::memory_order_relaxed)) < limit_) return true;
    const std::uint64_t left = left_.load(std::memory_order_seq_cst);
    left_seen_.store(left, std::memory_order_relaxed);
    return depth(left) < limit_;
  }
  [[nodiscard]] bool fits(std::uint64_t bytes_in, std::size_t weight) const noexcept {
    if (byte_limit_ == 0) return true;
    const std::uint64_t buffered = bytes_in - bytes_out_.load(std::memory_order_seq_cst);
    return buffered == 0 || (weight <= byte_limit_ && buffered <= byte_limit_ - weight);
  }
  void note_depth(std::uint64_t reserved) noexcept {
    const auto depth = [&](std::uint64_t left) { return static_cast<std::int64_t>(reserved - left); };
    if (depth(left_seen_.load(std::memory_order_relaxed)) > high_water_.load(std::memory_order_relaxed)) {
      raise_high_water(reserved);
    }
  }
  void raise_high_water(std::uint64_t reserved) noexcept;
  void wake_readers_locked(std::uint64_t count);
  void wake_everyone() noexcept;
  void close_gate(std::size_t weight) noexcept;
  [[nodiscard]] bool gate_reached() const noexcept;
  void open_gate_when_roomy();
  [[nodiscard]] bool ended() const noexcept;

  // Constant after construction
  const std::int64_t limit_;
  const std::uint64_t byte_limit_;
  const std::size_t fixed_weight_;

  // Announcements: read often, changed rarely
  std::atomic<bool> closed_{false};
  std::atomic<bool> gate_closed_{false};
  std::atomic<std::uint32_t> waiting_readers_{0};
  std::atomic<std::uint64_t> gate_keep_{0};        // items that may stay when the gate opens
  std::atomic<std::uint64_t> gate_keep_bytes_{0};  // and bytes

  // Changed by writers
  alignas(cache_line) mutable std::mutex mutex_;
  std::atomic<std::uint64_t> reserved_{0};
  std::atomic<std::uint64_t> entered_{0};
  std::atomic<std::uint64_t> bytes_in_{0};
  std::atomic<std::uint64_t> left_seen_{0};  // a value that left_ once had
  std::atomic<std::int64_t> high_water_{0};

  // Changed by readers
  alignas(cache_line) std::atomic<std::uint64_t> left_{0};
  std::atomic<std::uint64_t> bytes_out_{0};

  // Nanoseconds that threads were blocked
  alignas(cache_line) std::atomic<std::int64_t> write_wait_{0};
  std::atomic<std::int64_t> read_wait_{0};

  // Guarded by mutex_
  alignas(cache_line) std::size_t producers_ = 0;
  bool had_producers_ = false;
  bool gate_owned_ = false;
  bool published_ = false;
  std::exception_ptr failure_;
  std::condition_variable items_;  // readers: an item entered, or the end
  std::condition_variable room_;   // the gate's owner
  std::condition_variable gate_;   // the writers behind it
  std::condition_variable published_changed_;
};

}  // namespace leat::detail
