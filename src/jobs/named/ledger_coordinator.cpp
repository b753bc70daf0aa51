#include "jobs/named/ledger_coordinator.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "jobs/report/document.hpp"

namespace leat::jobs_detail {
namespace {

// What others do is seen by asking: soon, since the end of a job may be near, and then less often.
constexpr std::chrono::milliseconds first_look{10};
constexpr std::chrono::milliseconds last_look{100};

}  // namespace

std::string with_target(const std::string& definition, const std::string& files) {
  if (files.empty()) return definition;
  Document json = Document::parse(definition);
  json["into"] = files;
  return json_text(json);
}

std::string target_of(const std::string& definition) {
  return Document::parse(definition).value("into", std::string());
}

double random_fraction() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

std::optional<Unit> LedgerCoordinator::take(const std::stop_token& stop) {
  std::chrono::milliseconds look = first_look;
  std::optional<Unit> unit;
  while (true) {
    if (stop.stop_requested()) throw Stopped{};
    unit = queue_.take_now();
    if (unit) break;
    const SliceClaim claim = claim_next(stop);
    if (claim.slice) continue;
    if (claim.counts.done >= claim.counts.total) break;
    keeper_.set_hungry(true);
    queue_.wait_for(look, stop);
    look = std::min(2 * look, last_look);
  }
  // Only now: whoever looks again is as hungry as before.
  keeper_.set_hungry(queue_.is_hungry());
  return unit;
}

SliceClaim LedgerCoordinator::claim_next(const std::stop_token& stop) {
  // One after the other, so that what the ledger has for this worker is what this worker knows.
  const std::lock_guard claiming(claim_mutex_);
  std::vector<std::int64_t> held;
  {
    const std::lock_guard lock(mutex_);
    held.assign(held_.begin(), held_.end());
  }
  SliceClaim claim = keeper_.claim(last_, held, stop);
  if (!claim.slice) return claim;
  Unit unit{.number = claim.slice->number, .definition = claim.slice->definition};
  last_ = std::max(last_, unit.number);
  const std::lock_guard lock(mutex_);
  held_.insert(unit.number);
  if (auto hint = hints_.extract(unit.number)) unit.hint = std::move(hint.mapped());
  queue_.add(std::move(unit));
  return claim;
}

void LedgerCoordinator::done(const Unit& unit) {
  {
    const std::lock_guard lock(mutex_);
    held_.erase(unit.number);
  }
  queue_.done();
}

bool LedgerCoordinator::retry(Unit unit, const Error& error) {
  const RetryStep step = decide_unit_retry(policy_, error, unit.attempts, random_fraction(), Doubt::resolved);
  if (step.action != RetryAction::retry) {
    // What the source lacks may be the snapshot, and the next attempt has another one.
    has_given_up_ = has_given_up_ || error.kind() == ErrorKind::target;
    return false;
  }
  queue_.retry(std::move(unit), SteadyClock::now() + step.delay);
  return true;
}

bool LedgerCoordinator::split(Unit& shortened, const std::string& rest, const std::string& hint,
                              const std::stop_token& stop) {
  shortened.definition = with_target(shortened.definition, into_);
  const PlannedSlice head{.number = shortened.number, .definition = shortened.definition};
  try {
    const auto number = keeper_.cut(head, with_target(rest, into_), stop);
    if (!number) return false;
    ++left_;
    {
      const std::lock_guard lock(mutex_);
      hints_.emplace(*number, hint);
    }
    queue_.wake();
    return true;
  } catch (const Error& error) {
    throw SplitFailed{error};
  }
}

bool LedgerCoordinator::is_hungry() const {
  return keeper_.are_others_hungry() || queue_.is_hungry();
}

UnitCounts LedgerCoordinator::counts() const {
  UnitCounts counts = queue_.counts();
  counts.total = std::max(counts.total, left_.load());
  return counts;
}

}  // namespace leat::jobs_detail
