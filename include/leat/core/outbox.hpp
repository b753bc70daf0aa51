#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

#include "leat/core/monitor.hpp"

namespace leat {

/// A buffer between one writing thread and a Monitor. Items travel in runs, so an item costs only a few
/// nanoseconds. No item is withheld from a waiting reader: such a reader takes the run itself. Not
/// thread-safe; the Monitor must outlive it.
///
/// The destructor drops items that were not flushed. So call flush() before the producer signs off.
///
/// Invariants: a reader that is about to sleep announces itself, and then looks into every run under the
/// run's lock. A writer puts an item into its run under that lock, and then looks for announcements. So one
/// of the two always sees the other. Places that are reserved in advance never exceed half of the Monitor's
/// places, so idle writers do not make others wait.
template <class T, class Header = NoHeader>
class Outbox {
 public:
  using Target = Monitor<T, Header>;

  /// @param writers the largest number of outboxes that this Monitor has at the same time.
  explicit Outbox(Target& target, std::size_t writers = 1)
      : target_(target),
        most_(std::clamp<std::size_t>(
            static_cast<std::size_t>(target.state_.item_limit()) / (2 * std::max<std::size_t>(1, writers)), 1,
            longest_run)) {
    run_.items.reserve(most_);
    target_.inbox_.add(run_);
  }
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox() {
    target_.inbox_.remove(run_);
    // Reserved ahead only where all items weigh the same.
    if (places_ != 0) target_.state_.cancel_reservation(sizeof(T), places_);
  }

  /// Adds an item; blocks at the limits of the Monitor. @throws Stopped
  void write(const T& item, const std::stop_token& stop) requires std::copy_constructible<T> {
    write(T(item), stop);
  }
  void write(T&& item, const std::stop_token& stop) {
    target_.state_.throw_if_over(stop);
    reserve(item, stop);
    std::size_t count = 0;
    {
      const std::lock_guard lock(run_.lock);
      run_.items.push(std::move(item));  // has room
      count = run_.items.size();
    }
    if (count >= most_ || target_.state_.readers_wait()) flush();
  }

  /// Gives all items to the readers. @throws Stopped
  void flush() {
    ++flushes_;
    target_.inbox_.take(run_);
  }

  /// How often the run was given to the readers. If the number did not change, write() took only nanoseconds.
  [[nodiscard]] std::uint64_t flushes() const noexcept { return flushes_; }

 private:
  static constexpr std::size_t longest_run = 128;

  void reserve(const T& item, const std::stop_token& stop) {
    if (places_ == 0) places_ = reserve_some(byte_weight_of(item));
    if (places_ == 0) {
      flush();  // what it waits for may be in its own run
      places_ = target_.state_.wait_for_place(byte_weight_of(item), detail::Deadline::never(), stop) ? 1 : 0;
    }
    --places_;
  }

  /// Reserves as many places for items like this one as there are without waiting; one if the weight of items
  /// differs.
  std::size_t reserve_some(std::size_t weight) {
    detail::HandOffState& state = target_.state_;
    const std::size_t most = Weighed<T> ? 1 : most_;
    const std::lock_guard lock(state.mutex());
    return state.try_reserve_run_exclusive(weight, most);
  }

  Target& target_;
  const std::size_t most_;
  std::uint64_t flushes_ = 0;
  std::size_t places_ = 0;  // reserved and not used
  detail::WriterRun<T> run_;
};

}  // namespace leat
