#include "jobs/run/slice_queue.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

SliceQueue::SliceQueue(std::vector<SliceTask> tasks) {
  counts_.total = tasks.size();
  for (auto& task : tasks) waiting_.push_back({.task = std::move(task)});
}

std::optional<SliceTask> SliceQueue::take_ready() {
  const auto now = SteadyClock::now();
  const auto ready = std::find_if(waiting_.begin(), waiting_.end(),
                                  [now](const Waiting& waiting) { return waiting.not_before <= now; });
  if (ready == waiting_.end()) return std::nullopt;
  SliceTask task = std::move(ready->task);
  waiting_.erase(ready);
  ++counts_.taken;
  return task;
}

std::optional<SteadyClock::time_point> SliceQueue::next_ready() const {
  std::optional<SteadyClock::time_point> next;
  for (const auto& waiting : waiting_) next = std::min(next.value_or(waiting.not_before), waiting.not_before);
  return next;
}

std::optional<SliceTask> SliceQueue::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (stop.stop_requested()) throw Stopped{};
    if (auto task = take_ready()) return task;
    if (waiting_.empty() && counts_.taken == 0) return std::nullopt;
    const auto next = next_ready();
    ++hungry_;
    const std::size_t changes = changes_;
    const auto has_changed = [&] { return changes_ != changes; };
    if (next) {
      static_cast<void>(changed_.wait_until(lock, stop, *next, has_changed));
    } else {
      static_cast<void>(changed_.wait(lock, stop, has_changed));
    }
    --hungry_;
  }
}

void SliceQueue::done() {
  const std::lock_guard lock(mutex_);
  --counts_.taken;
  ++counts_.done;
  tell();
}

void SliceQueue::retry(SliceTask task, SteadyClock::time_point not_before) {
  const std::lock_guard lock(mutex_);
  --counts_.taken;
  ++counts_.retries;
  waiting_.push_back({.task = std::move(task), .not_before = not_before});
  tell();
}

void SliceQueue::add(SliceTask task) {
  const std::lock_guard lock(mutex_);
  ++counts_.total;
  waiting_.push_front({.task = std::move(task)});
  tell();
}

bool SliceQueue::is_hungry() const {
  const std::lock_guard lock(mutex_);
  return hungry_ > 0 && waiting_.empty();
}

SliceQueue::Counts SliceQueue::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void SliceQueue::tell() {
  ++changes_;
  changed_.notify_all();
}

}  // namespace leat::jobs_detail
