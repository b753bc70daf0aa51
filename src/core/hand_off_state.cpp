#include "leat/core/detail/hand_off_state.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <thread>
#include <utility>

namespace leat::detail {
namespace {

void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

std::int64_t item_limit_of(const MonitorOptions& options, std::size_t fixed_weight) {
  if (options.items == 0) throw Error(ErrorKind::config, "MonitorOptions::items must be greater than 0");
  std::uint64_t limit = std::min<std::uint64_t>(options.items, INT64_MAX / 2);
  if (options.bytes.count() != 0 && fixed_weight != 0) {
    limit = std::min(limit, std::max<std::uint64_t>(1, options.bytes.count() / fixed_weight));
  }
  return static_cast<std::int64_t>(limit);
}

/// False when the deadline has passed.
bool wait(std::condition_variable& changed, std::unique_lock<std::mutex>& lock, const Deadline& deadline) {
  if (!deadline.at()) {
    changed.wait(lock);
    return true;
  }
  return changed.wait_until(lock, *deadline.at()) == std::cv_status::no_timeout;
}

}  // namespace

Deadline Deadline::in(std::chrono::nanoseconds timeout) {
  Deadline deadline;
  const auto now = Clock::now();
  if (timeout < Clock::time_point::max() - now) deadline.at_ = now + std::max(timeout, {});
  return deadline;
}

/// Adds the time it lives to a counter.
class HandOffState::Blocked {
 public:
  explicit Blocked(std::atomic<std::int64_t>& total) : total_(total) {}
  Blocked(const Blocked&) = delete;
  Blocked& operator=(const Blocked&) = delete;
  ~Blocked() {
    const std::chrono::nanoseconds waited = Deadline::Clock::now() - begin_;
    total_.fetch_add(waited.count(), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t>& total_;
  Deadline::Clock::time_point begin_ = Deadline::Clock::now();
};

/// Owns the gate, and opens it to those behind at its end; lives and dies under the mutex.
class HandOffState::GateOwner {
 public:
  explicit GateOwner(HandOffState& state) : state_(state) {
    assert(!state_.gate_owned_);
    state_.gate_owned_ = true;
  }
  GateOwner(const GateOwner&) = delete;
  GateOwner& operator=(const GateOwner&) = delete;
  ~GateOwner() {
    state_.gate_owned_ = false;
    state_.gate_closed_.store(false, std::memory_order_seq_cst);
    state_.gate_.notify_all();
  }

 private:
  HandOffState& state_;
};

HandOffState::HandOffState(const MonitorOptions& options, std::size_t fixed_weight)
    : limit_(item_limit_of(options, fixed_weight)),
      byte_limit_(fixed_weight != 0 ? 0 : options.bytes.count()),
      fixed_weight_(fixed_weight) {}

void HandOffState::register_producer() {
  const std::lock_guard lock(mutex_);
  if (had_producers_ && producers_ == 0) {
    throw std::logic_error("a producer registered after the hand-off had ended");
  }
  had_producers_ = true;
  ++producers_;
}

void HandOffState::sign_off() noexcept {
  const std::lock_guard lock(mutex_);
  assert(producers_ > 0);
  if (--producers_ != 0) return;
  items_.notify_all();
  published_changed_.notify_all();
}

bool HandOffState::try_reserve_at_gate(std::size_t weight) noexcept {
  std::uint64_t reserved = reserved_.load(std::memory_order_relaxed);
  do {
    if (!has_place(reserved)) return false;
  } while (!reserved_.compare_exchange_weak(reserved, reserved + 1, std::memory_order_seq_cst));
  if (fixed_weight_ == 0) {
    std::uint64_t bytes = bytes_in_.load(std::memory_order_relaxed);
    do {
      if (!fits(bytes, weight)) {
        reserved_.fetch_sub(1, std::memory_order_seq_cst);
        return false;
      }
    } while (!bytes_in_.compare_exchange_weak(bytes, bytes + weight, std::memory_order_seq_cst));
  }
  note_depth(reserved + 1);
  return true;
}

std::size_t HandOffState::wait_for_room(const std::stop_token& stop) {
  throw_if_over(stop);
  constexpr std::size_t weight = 1;
  static_cast<void>(wait_for_place(weight, Deadline::never(), stop));
  cancel_reservation(weight);
  const auto depth = static_cast<std::int64_t>(reserved_.load(std::memory_order_relaxed) -
                                               left_.load(std::memory_order_seq_cst));
  return static_cast<std::size_t>(std::max<std::int64_t>(1, limit_ - depth));
}

void HandOffState::cancel_reservation(std::size_t weight, std::size_t places) noexcept {
  {
    const std::lock_guard lock(mutex_);  // against writers that reserve exclusively
    reserved_.fetch_sub(places, std::memory_order_seq_cst);
    if (fixed_weight_ == 0) bytes_in_.fetch_sub(weight * places, std::memory_order_seq_cst);
  }
  if (gate_closed_.load(std::memory_order_seq_cst)) wake_everyone();
}

void HandOffState::raise_high_water(std::uint64_t reserved) noexcept {
  const std::uint64_t left = left_.load(std::memory_order_acquire);
  left_seen_.store(left, std::memory_order_relaxed);
  const auto depth = static_cast<std::int64_t>(reserved - left);
  std::int64_t high = high_water_.load(std::memory_order_relaxed);
  while (depth > high && !high_water_.compare_exchange_weak(high, depth, std::memory_order_relaxed)) {
  }
}

void HandOffState::close_gate(std::size_t weight) noexcept {
  const auto limit = static_cast<std::uint64_t>(limit_);
  gate_keep_.store(limit - std::max<std::uint64_t>(1, limit / 2), std::memory_order_relaxed);
  const std::uint64_t beside = byte_limit_ - std::min<std::uint64_t>(byte_limit_, weight);
  gate_keep_bytes_.store(std::min(byte_limit_ / 2, beside), std::memory_order_relaxed);
  gate_closed_.store(true, std::memory_order_seq_cst);
}

bool HandOffState::gate_reached() const noexcept {
  const std::uint64_t left = left_.load(std::memory_order_seq_cst);
  if (reserved_.load(std::memory_order_seq_cst) - left > gate_keep_.load(std::memory_order_relaxed))
    return false;
  if (byte_limit_ == 0) return true;
  const std::uint64_t bytes_out = bytes_out_.load(std::memory_order_seq_cst);
  return bytes_in_.load(std::memory_order_seq_cst) - bytes_out <=
         gate_keep_bytes_.load(std::memory_order_relaxed);
}

void HandOffState::open_gate_when_roomy() {
  if (!gate_reached()) return;
  const std::lock_guard lock(mutex_);
  room_.notify_one();
}

bool HandOffState::ended() const noexcept {
  return had_producers_ && producers_ == 0;
}

template <class Ready>
bool HandOffState::poll(const std::stop_token& stop, Ready ready) {
  // A sleep and a wake-up cost many microseconds; the pauses also let a run of items come together. There is
  // no yielding: where other programs compete, that costs milliseconds.
  static constexpr int pauses = 128;
  static const bool parallel = std::thread::hardware_concurrency() > 1;
  if (ready()) return true;
  if (!parallel || closed() || stop.stop_requested()) return false;
  for (int i = 0; i < pauses; ++i) relax();
  return ready();
}

bool HandOffState::wait_for_place(std::size_t weight, const Deadline& deadline, const std::stop_token& stop) {
  const Blocked blocked(write_wait_);
  const auto half_is_free = [this] {
    return left_.load(std::memory_order_acquire) + static_cast<std::uint64_t>(limit_ / 2) >=
           reserved_.load(std::memory_order_relaxed);
  };
  if (!deadline.at() && !gate_closed_.load(std::memory_order_relaxed))
    static_cast<void>(poll(stop, half_is_free));
  // Declared before the lock: it must neither run nor be destroyed while this thread holds the mutex.
  const std::stop_callback on_stop(stop, [this] { wake_everyone(); });
  std::unique_lock lock(mutex_);
  while (gate_owned_) {
    throw_if_over(stop);
    if (!wait(gate_, lock, deadline)) {
      if (gate_owned_) return false;
      break;
    }
  }
  throw_if_over(stop);
  if (try_reserve_at_gate(weight)) return true;
  const GateOwner owner(*this);
  close_gate(weight);
  for (;;) {
    while (!gate_reached()) {
      throw_if_over(stop);
      if (!wait(room_, lock, deadline)) {
        throw_if_over(stop);
        return try_reserve_at_gate(weight);
      }
    }
    throw_if_over(stop);
    if (try_reserve_at_gate(weight)) return true;
  }
}

void HandOffState::wake_readers(std::uint64_t count) noexcept {
  if (count == 1) {
    items_.notify_one();
  } else {
    items_.notify_all();
  }
}

void HandOffState::wake_readers_locked(std::uint64_t count) {
  { const std::lock_guard lock(mutex_); }
  wake_readers(count);
}

HandOffState::Wait HandOffState::wait_for_items(const Deadline& deadline, const std::stop_token& stop,
                                                Gatherer& gatherer) {
  std::optional<Blocked> blocked;
  if (!has_items() && !deadline.at()) {
    blocked.emplace(read_wait_);
    if (poll(stop, [this] { return has_items(); })) return Wait::ready;
  }
  const std::stop_callback on_stop(stop, [this] { wake_everyone(); });
  std::unique_lock lock(mutex_);
  waiting_readers_.fetch_add(1, std::memory_order_seq_cst);
  struct Leave {
    std::atomic<std::uint32_t>& readers;
    ~Leave() { readers.fetch_sub(1, std::memory_order_seq_cst); }
  } const leave{waiting_readers_};
  for (bool in_time = true;;) {
    throw_if_over(stop);
    if (entered_.load(std::memory_order_seq_cst) != left_.load(std::memory_order_seq_cst)) return Wait::ready;
    gatherer.gather();
    if (entered_.load(std::memory_order_seq_cst) != left_.load(std::memory_order_seq_cst)) return Wait::ready;
    if (ended()) return Wait::end;
    if (!in_time) return Wait::timeout;
    if (!blocked) blocked.emplace(read_wait_);
    in_time = wait(items_, lock, deadline);
  }
}

void HandOffState::wake_everyone() noexcept {
  { const std::lock_guard lock(mutex_); }
  items_.notify_all();
  room_.notify_all();
  gate_.notify_all();
  published_changed_.notify_all();
}

void HandOffState::close(std::exception_ptr failure) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    closed_.store(true, std::memory_order_release);
  }
  wake_everyone();
}

std::exception_ptr HandOffState::failure() const noexcept {
  const std::lock_guard lock(mutex_);
  return failure_;
}

std::unique_lock<std::mutex> HandOffState::begin_publish() {
  std::unique_lock lock(mutex_);
  if (published_) throw std::logic_error("a hand-off's header is published once");
  return lock;
}

void HandOffState::finish_publish(std::unique_lock<std::mutex> lock) noexcept {
  assert(lock.owns_lock());
  published_ = true;
  lock.unlock();
  published_changed_.notify_all();
}

void HandOffState::wait_published(const std::stop_token& stop) {
  throw_if_stopped(stop);
  const std::stop_callback on_stop(stop, [this] { wake_everyone(); });
  std::unique_lock lock(mutex_);
  std::optional<Blocked> blocked;
  while (!published_) {
    throw_if_over(stop);
    if (ended()) throw Stopped{};
    if (!blocked) blocked.emplace(read_wait_);
    published_changed_.wait(lock);
  }
}

MonitorStats HandOffState::stats() const {
  const std::lock_guard lock(mutex_);
  MonitorStats stats;
  // What left is read first: it never exceeds what is seen to have come in afterwards.
  const std::uint64_t left = left_.load(std::memory_order_acquire);
  stats.items = left;
  stats.bytes = fixed_weight_ != 0 ? stats.items * fixed_weight_ : bytes_out_.load(std::memory_order_acquire);
  const std::uint64_t entered = entered_.load(std::memory_order_acquire);
  if (!closed()) {
    stats.depth = static_cast<std::size_t>(entered - left);
    stats.bytes_buffered = fixed_weight_ != 0 ? stats.depth * fixed_weight_
                                              : bytes_in_.load(std::memory_order_acquire) - stats.bytes;
  }
  stats.high_water = static_cast<std::size_t>(high_water_.load(std::memory_order_relaxed));
  stats.write_wait = std::chrono::nanoseconds(write_wait_.load(std::memory_order_relaxed));
  stats.read_wait = std::chrono::nanoseconds(read_wait_.load(std::memory_order_relaxed));
  return stats;
}

}  // namespace leat::detail
