#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "jobs/named/job_keeper.hpp"
#include "leat/core/retry.hpp"
#include "leat/work/unit_queue.hpp"

namespace leat::jobs_detail {

/// Hands out the units of a job that has a ledger, to this process as one of the attempt's workers: each unit
/// is claimed in the ledger, which numbers what is cut off one. Thread-safe.
///
/// Invariant: a unit that take() has returned is claimed by this worker until done(), or until it has left.
class LedgerCoordinator final : public Coordinator {
 public:
  /// `keeper` outlives it, and has entered the attempt. `left`: units that are not done, as far as is known.
  /// `into`: see with_target().
  LedgerCoordinator(JobKeeper& keeper, const RetryPolicy& policy, std::size_t left, std::string into)
      : keeper_(keeper), policy_(policy), into_(std::move(into)), left_(left) {}

  [[nodiscard]] std::optional<Unit> take(const std::stop_token& stop) override;
  void done(const Unit& unit) override;
  [[nodiscard]] bool retry(Unit unit, const Error& error) override;
  [[nodiscard]] bool split(Unit& shortened, const std::string& rest, const std::string& hint,
                           const std::stop_token& stop) override;
  [[nodiscard]] bool is_hungry() const override;
  [[nodiscard]] UnitCounts counts() const override;

  /// Whether a unit has failed as often as it may by the target's fault, so that another attempt is in vain.
  [[nodiscard]] bool has_given_up() const { return has_given_up_; }

 private:
  /// Claims another unit, and adds it to those that are to be taken here.
  [[nodiscard]] SliceClaim claim_next(const std::stop_token& stop);

  JobKeeper& keeper_;
  const RetryPolicy policy_;
  const std::string into_;
  std::atomic<std::size_t> left_;
  std::atomic<bool> has_given_up_{false};
  UnitQueue queue_{std::vector<Unit>()};  // units that this worker has claimed
  std::mutex claim_mutex_;                // before mutex_
  std::int64_t last_ = -1;                // the highest number that was claimed; guarded by claim_mutex_
  std::mutex mutex_;
  // Guarded by mutex_
  std::set<std::int64_t> held_;                // claimed and not done
  std::map<std::int64_t, std::string> hints_;  // for units that were cut off here
};

// Units that are committed straight into a table say which: its files as files_of_table() has them. They are
// a member of the definition, which its source does not look at.

/// The definition with these files; as it is, if there are none.
[[nodiscard]] std::string with_target(const std::string& definition, const std::string& files);

/// The files of a stored definition; empty if it does not say.
[[nodiscard]] std::string target_of(const std::string& definition);

/// From [0, 1), for delays. Thread-safe.
[[nodiscard]] double random_fraction();

}  // namespace leat::jobs_detail
