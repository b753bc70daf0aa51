#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "jobs/named/attempt_state.hpp"
#include "jobs/named/ledger_coordinator.hpp"
#include "jobs/rejects/job_reject_file.hpp"
#include "leat/core/retry.hpp"

namespace leat::jobs_detail {

/// An attempt of another process that this one joins.
struct Joining {
  JobRecord record{};
  AttemptDetails details{};
};

/// One attempt of a job that has a name: takes its lease, reads what is left in a snapshot of its own, and
/// publishes. Runs once.
class JobAttempt {
 public:
  /// `options` and `keeper` outlive it. `joining`: takes part in that one. `snapshot`: another session's, in
  /// which an attempt of its own reads the source.
  JobAttempt(const CopyTableOptions& options, JobKeeper& keeper, std::optional<Joining> joining = {},
             std::optional<std::string> snapshot = {})
      : joining_(std::move(joining)),
        snapshot_(std::move(snapshot)),
        state_{.options = options, .keeper = keeper} {}

  /// Holds the job, and renews its lease whatever else is waited for, from when it has it until it is done.
  [[nodiscard]] JobReport run(const std::stop_token& stop);
  /// After a failure: writes the file of rejected rows, where there is to be one. Never throws.
  void save_rejects() noexcept;
  /// After a failure: what it has done. Of a straight job the ledger tells what is committed, if it can be
  /// asked. Never throws.
  [[nodiscard]] WorkDone work_done() noexcept;
  /// What it holds, if it got that far.
  [[nodiscard]] const std::optional<JobLease>& lease() const { return state_.lease; }
  /// Whether a slice has failed as often as it may, so that another attempt is in vain.
  [[nodiscard]] bool has_given_up() const { return coordinator_ && coordinator_->has_given_up(); }

 private:
  void prepare(const std::stop_token& stop);
  /// As the one that takes the job's lease.
  [[nodiscard]] JobReport begin(const std::stop_token& stop);
  /// With the lease: copies what is left, and publishes. `shared`: see shared_options(); empty: of the one
  /// that has begun the attempt.
  [[nodiscard]] JobReport work(std::size_t left, std::string shared, const std::stop_token& stop);
  /// @throws Error (config) where rows that are in the table would come once more.
  void check_restart(const std::stop_token& stop);
  /// Writes the file of rejected rows from what the ledger keeps.
  void write_rejects(JobEnd end, const std::stop_token& stop);
  /// As one of several workers.
  [[nodiscard]] JobReport join(const std::stop_token& stop);
  void end_move();
  void move_rows(std::size_t left, const std::stop_token& stop);

  const std::optional<Joining> joining_;
  const std::optional<std::string> snapshot_;
  WorkDone work_;                                 // of rows that no longer move
  std::optional<LedgerCoordinator> coordinator_;  // outlives the rows' way in state_
  AttemptState state_;
};

}  // namespace leat::jobs_detail
