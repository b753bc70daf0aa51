#include "leat/core/rate_limit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "leat/core/error.hpp"

namespace leat {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Seconds burst{0.25};
/// A longer wait looks at the clock in between.
constexpr Seconds longest_pause{3600};

}  // namespace

RateClock steady_rate_clock() {
  return {.now = [] { return std::chrono::steady_clock::now(); },
          .wait_until = [](std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                           RateClock::time_point until) { changed.wait_until(lock, until); }};
}

RateLimit::RateLimit(ByteCount per_second, RateClock clock)
    : clock_(std::move(clock)),
      rate_(static_cast<double>(per_second.count())),
      level_(rate_ * burst.count()),
      filled_at_(clock_.now()) {}

void RateLimit::fill() {
  const auto now = clock_.now();
  const Seconds passed = now - std::exchange(filled_at_, now);
  level_ = std::min(level_ + rate_ * passed.count(), rate_ * burst.count());
}

RateClock::time_point RateLimit::paid_at() const {
  const Seconds left = std::min(longest_pause, Seconds(-level_ / rate_));
  return filled_at_ + std::chrono::ceil<std::chrono::nanoseconds>(left);
}

void RateLimit::take(ByteCount bytes) {
  passed_ += bytes.count();
  if (rate_ > 0) level_ -= static_cast<double>(bytes.count());
}

void RateLimit::acquire(ByteCount bytes, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped{};
  if (bytes.count() == 0) return;
  {
    const std::lock_guard lock(mutex_);
    fill();
    if (waiting_.empty() && !in_debt()) {
      take(bytes);
      return;
    }
  }
  // Made and ended without the mutex, which the callback needs.
  const std::stop_callback wake(stop, [this] {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  std::unique_lock lock(mutex_);
  const auto begin = clock_.now();
  const auto place = waiting_.insert(waiting_.end(), bytes);
  bool passes = false;
  while (!stop.stop_requested()) {
    const bool first = place == waiting_.begin();
    fill();
    if (first && !in_debt()) {
      passes = true;
      break;
    }
    if (first) {
      clock_.wait_until(changed_, lock, paid_at());
    } else {
      changed_.wait(lock);
    }
  }
  waiting_.erase(place);
  changed_.notify_all();
  waited_ += clock_.now() - begin;
  if (!passes) throw Stopped{};
  take(bytes);
}

void RateLimit::set_rate(ByteCount per_second) {
  const std::lock_guard lock(mutex_);
  fill();
  if (rate_ == 0 || per_second.count() == 0) level_ = 0;
  rate_ = static_cast<double>(per_second.count());
  level_ = std::min(level_, rate_ * burst.count());
  changed_.notify_all();
}

ByteCount RateLimit::rate() const {
  const std::lock_guard lock(mutex_);
  return ByteCount{static_cast<std::uint64_t>(rate_)};
}

RateLimitStats RateLimit::stats() const {
  const std::lock_guard lock(mutex_);
  return {.passed = ByteCount{passed_}, .waiting = waiting_.size(), .waited = waited_};
}

}  // namespace leat
