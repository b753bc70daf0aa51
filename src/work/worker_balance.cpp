#include "leat/work/worker_balance.hpp"

#include <algorithm>

#include "leat/core/error.hpp"

namespace leat {
namespace {

// Far enough from each other that a change is not taken back by the next look.
constexpr double much_waiting = 0.5;
constexpr double little_waiting = 0.25;

std::size_t first_of(std::size_t least, std::size_t most) {
  return std::clamp<std::size_t>((most + 1) / 2, std::max<std::size_t>(least, std::min<std::size_t>(2, most)),
                                 most);
}

/// A worker more on the slow side, else one less on the fast one.
void shift(std::size_t& slow, std::size_t most_slow, std::size_t& fast, std::size_t least_fast) {
  if (slow < most_slow) {
    ++slow;
  } else if (fast > least_fast) {
    --fast;
  }
}

}  // namespace

WorkerCounts first_workers(const WorkerLimits& limits) {
  return {.readers = first_of(limits.least.readers, limits.most.readers),
          .writers = first_of(limits.least.writers, limits.most.writers)};
}

WorkerCounts balanced_workers(WorkerCounts now, const WaitShares& waited, const WorkerLimits& limits) {
  if (waited.readers >= much_waiting && waited.writers < little_waiting) {
    shift(now.writers, limits.most.writers, now.readers, limits.least.readers);
  } else if (waited.writers >= much_waiting && waited.readers < little_waiting) {
    shift(now.readers, limits.most.readers, now.writers, limits.least.writers);
  }
  return now;
}

bool WorkerGate::lets_through(std::size_t worker) const {
  const std::lock_guard lock(mutex_);
  return closed_ || worker < allowed_;
}

void WorkerGate::pass(std::size_t worker, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return closed_ || worker < allowed_; })) throw Stopped{};
}

void WorkerGate::allow(std::size_t workers) {
  const std::lock_guard lock(mutex_);
  allowed_ = workers;
  changed_.notify_all();
}

void WorkerGate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

std::chrono::nanoseconds WaitClock::total() const {
  const std::lock_guard lock(mutex_);
  return ended_ + waiting_ * std::chrono::steady_clock::now().time_since_epoch();
}

void WaitClock::count(int more) {
  const std::lock_guard lock(mutex_);
  ended_ -= more * std::chrono::steady_clock::now().time_since_epoch();
  waiting_ += more;
}

}  // namespace leat
