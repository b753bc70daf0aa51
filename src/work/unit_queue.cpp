#include "leat/work/unit_queue.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/error.hpp"

namespace leat {

UnitQueue::UnitQueue(std::vector<Unit> units) {
  counts_.total = units.size();
  for (auto& unit : units) waiting_.push_back({.unit = std::move(unit)});
}

std::optional<Unit> UnitQueue::take_ready() {
  const auto now = std::chrono::steady_clock::now();
  const auto ready = std::find_if(waiting_.begin(), waiting_.end(),
                                  [now](const Waiting& waiting) { return waiting.not_before <= now; });
  if (ready == waiting_.end()) return std::nullopt;
  Unit unit = std::move(ready->unit);
  waiting_.erase(ready);
  ++counts_.taken;
  return unit;
}

std::optional<Unit> UnitQueue::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (stop.stop_requested()) throw Stopped{};
    if (auto unit = take_ready()) return unit;
    if (waiting_.empty() && counts_.taken == 0) return std::nullopt;
    wait(lock, std::chrono::hours(1), stop);
  }
}

std::optional<Unit> UnitQueue::take_now() {
  const std::lock_guard lock(mutex_);
  return take_ready();
}

void UnitQueue::wait_for(std::chrono::nanoseconds longest, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wait(lock, longest, stop);
}

void UnitQueue::wait(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds longest,
                     const std::stop_token& stop) {
  auto until = std::chrono::steady_clock::now() + longest;
  for (const auto& waiting : waiting_) until = std::min(until, waiting.not_before);
  const std::size_t changes = changes_;
  ++hungry_;
  static_cast<void>(changed_.wait_until(lock, stop, until, [&] { return changes_ != changes; }));
  --hungry_;
}

void UnitQueue::done() {
  const std::lock_guard lock(mutex_);
  --counts_.taken;
  ++counts_.done;
  tell();
}

void UnitQueue::retry(Unit unit, UnitQueue::TimePoint not_before) {
  const std::lock_guard lock(mutex_);
  --counts_.taken;
  ++counts_.retries;
  waiting_.push_back({.unit = std::move(unit), .not_before = not_before});
  tell();
}

void UnitQueue::add(Unit unit) {
  const std::lock_guard lock(mutex_);
  ++counts_.total;
  waiting_.push_front({.unit = std::move(unit)});
  tell();
}

bool UnitQueue::is_hungry() const {
  const std::lock_guard lock(mutex_);
  return hungry_ > 0 && waiting_.empty();
}

UnitCounts UnitQueue::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void UnitQueue::wake() {
  const std::lock_guard lock(mutex_);
  tell();
}

void UnitQueue::tell() {
  ++changes_;
  changed_.notify_all();
}

}  // namespace leat
