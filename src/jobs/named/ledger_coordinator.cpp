#include "jobs/named/ledger_coordinator.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "jobs/named/unit_target.hpp"

namespace leat::jobs_detail {
namespace {

// What others do is seen by asking: soon, since the end of a job may be near, and then less often.
constexpr std::chrono::milliseconds first_look{10};
constexpr std::chrono::milliseconds last_look{100};

}  // namespace

double random_fraction() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

std::optional<Unit> LedgerCoordinator::take_own() {
  const auto now = SteadyClock::now();
  const auto ready = std::find_if(waiting_.begin(), waiting_.end(),
                                  [now](const Waiting& waiting) { return waiting.not_before <= now; });
  if (ready == waiting_.end()) return std::nullopt;
  Unit unit = std::move(ready->unit);
  waiting_.erase(ready);
  ++counts_.taken;
  return unit;
}

std::optional<Unit> LedgerCoordinator::take(const std::stop_token& stop) {
  auto unit = take_next(stop);
  const std::lock_guard lock(mutex_);
  // Only now: whoever looks again is as hungry as before.
  keeper_.set_hungry(hungry_ > 0);
  return unit;
}

std::optional<Unit> LedgerCoordinator::take_next(const std::stop_token& stop) {
  std::chrono::milliseconds look = first_look;
  std::unique_lock lock(mutex_);
  while (true) {
    if (stop.stop_requested()) throw Stopped{};
    if (auto unit = take_own()) return unit;
    lock.unlock();
    const SliceClaim claim = claim_next(stop);
    lock.lock();
    if (claim.slice) {
      Unit unit{.number = claim.slice->number, .definition = claim.slice->definition};
      if (auto hint = hints_.extract(unit.number)) unit.hint = std::move(hint.mapped());
      return unit;
    }
    if (claim.counts.done >= claim.counts.total) return std::nullopt;
    wait(lock, look, stop);
    look = std::min(2 * look, last_look);
  }
}

SliceClaim LedgerCoordinator::claim_next(const std::stop_token& stop) {
  // One after the other, so that what the ledger has for this worker is what this worker knows.
  const std::lock_guard claiming(claim_mutex_);
  std::vector<std::int64_t> held;
  std::int64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    held.assign(held_.begin(), held_.end());
    after = last_;
  }
  SliceClaim claim = keeper_.claim(after, held, stop);
  if (!claim.slice) return claim;
  const std::lock_guard lock(mutex_);
  held_.insert(claim.slice->number);
  last_ = std::max(last_, claim.slice->number);
  ++counts_.taken;
  return claim;
}

void LedgerCoordinator::wait(std::unique_lock<std::mutex>& lock, SteadyClock::duration longest,
                             const std::stop_token& stop) {
  auto until = SteadyClock::now() + longest;
  for (const auto& waiting : waiting_) until = std::min(until, waiting.not_before);
  const std::size_t changes = changes_;
  ++hungry_;
  keeper_.set_hungry(true);
  static_cast<void>(changed_.wait_until(lock, stop, until, [&] { return changes_ != changes; }));
  --hungry_;
}

void LedgerCoordinator::done(const Unit& unit) {
  const std::lock_guard lock(mutex_);
  held_.erase(unit.number);
  --counts_.taken;
  ++counts_.done;
  tell();
}

bool LedgerCoordinator::retry(Unit unit, const Error& error) {
  const RetryStep step = decide(policy_, error, unit.attempts, random_fraction(), Doubt::resolved);
  if (step.action != RetryAction::retry) {
    // What the source lacks may be the snapshot, and the next attempt has another one.
    has_given_up_ = has_given_up_ || error.kind() == ErrorKind::target;
    return false;
  }
  const std::lock_guard lock(mutex_);
  --counts_.taken;
  ++counts_.retries;
  waiting_.push_back({.unit = std::move(unit), .not_before = SteadyClock::now() + step.delay});
  tell();
  return true;
}

bool LedgerCoordinator::split(Unit& shortened, const std::string& rest, const std::string& hint,
                              const std::stop_token& stop) {
  shortened.definition = with_target(shortened.definition, into_);
  const PlannedSlice head{.number = shortened.number, .definition = shortened.definition};
  try {
    const auto number = keeper_.cut(head, with_target(rest, into_), stop);
    if (!number) return false;
    const std::lock_guard lock(mutex_);
    hints_.emplace(*number, hint);
    ++counts_.total;
    tell();
    return true;
  } catch (const Error& error) {
    throw SplitFailed{error};
  }
}

bool LedgerCoordinator::is_hungry() const {
  if (keeper_.are_others_hungry()) return true;
  const std::lock_guard lock(mutex_);
  return hungry_ > 0 && waiting_.empty();
}

UnitCounts LedgerCoordinator::counts() const {
  const std::lock_guard lock(mutex_);
  UnitCounts counts = counts_;
  counts.total = std::max(counts.total, counts.done + counts.taken);
  return counts;
}

void LedgerCoordinator::tell() {
  ++changes_;
  changed_.notify_all();
}

}  // namespace leat::jobs_detail
