#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "jobs/named/job_keeper.hpp"
#include "jobs/named/lease_renewal.hpp"
#include "jobs/named/ledger_coordinator.hpp"
#include "jobs/named/ledger_writer.hpp"
#include "jobs/prepare/load_scope.hpp"
#include "jobs/rejects/job_reject_file.hpp"
#include "leat/core/retry.hpp"

namespace leat::jobs_detail {

[[nodiscard]] RetryPolicy retry_policy(const Delivery& delivery);

/// An attempt of another process that this one joins.
struct Joining {
  JobRecord record{};
  AttemptDetails details{};
};

/// What an attempt has found of earlier ones.
struct AttemptFacts {
  std::size_t skipped = 0;             ///< units that are done already
  std::uint64_t rejected_earlier = 0;  ///< rows that those have rejected
  bool is_consistent = true;           ///< all that counts was read in one snapshot
  std::optional<TableName> staging{};  ///< where units wait to be published
  std::string into{};                  ///< which table they are committed into, see with_target()
  std::vector<std::string> remarks{};
};

/// One attempt of a job that has a name: takes its lease, reads what is left in a snapshot of its own, and
/// publishes. Runs once.
class JobAttempt {
 public:
  /// `options` and `keeper` outlive it. `joining`: takes part in that one.
  JobAttempt(const CopyTableOptions& options, JobKeeper& keeper, std::optional<Joining> joining = {})
      : options_(options), keeper_(keeper), joining_(std::move(joining)) {}

  /// Holds the job, and renews its lease whatever else is waited for, from when it has it until it is done.
  [[nodiscard]] JobReport run(const std::stop_token& stop);
  /// After a failure: writes the file of rejected rows, where there is to be one. Never throws.
  void save_rejects() noexcept;
  /// What it holds, if it got that far.
  [[nodiscard]] const std::optional<JobLease>& lease() const { return lease_; }
  /// Whether a slice has failed as often as it may, so that another attempt is in vain.
  [[nodiscard]] bool has_given_up() const { return coordinator_ && coordinator_->has_given_up(); }

 private:
  void prepare(const std::stop_token& stop);
  /// As the one that takes the job's lease.
  [[nodiscard]] JobReport begin(const std::stop_token& stop);
  /// With the lease: copies what is left, and publishes. `shared`: see shared_options(); empty: of the one
  /// that has begun the attempt.
  [[nodiscard]] JobReport work(std::size_t left, std::string shared, const std::stop_token& stop);
  /// The units that are left, by the stored plan or a new one: of a new run, where what was done is
  /// discarded.
  [[nodiscard]] std::vector<Unit> plan_units(const AcquiredJob& acquired, const std::stop_token& stop);
  [[nodiscard]] std::vector<Unit> units_left(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                                             const std::stop_token& stop);
  [[nodiscard]] std::vector<Unit> new_units(const JobRecord& record, const std::stop_token& stop);
  /// Straight jobs: has the units say which table they are committed into. @throws Error (target, 55000)
  /// where rows that earlier attempts have put there are gone.
  void name_target(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                   const std::stop_token& stop);
  /// Whether what was done counts beside what is read in this attempt's snapshot.
  [[nodiscard]] bool may_go_on(const JobRecord& record) const;
  /// @throws Error (config) where earlier attempts have rejected more rows than may be.
  void count_earlier_rejects(const JobRecord& record);
  void name_staging(const std::stop_token& stop);
  /// @throws Error (config) where rows that are in the table would come once more.
  void check_restart(const std::stop_token& stop);
  /// Writes the file of rejected rows from what the ledger keeps.
  void write_rejects(JobEnd end, const std::stop_token& stop);
  /// As one of several workers.
  [[nodiscard]] JobReport join(const std::stop_token& stop);
  void move_rows(std::size_t left, const std::stop_token& stop);
  /// When all units are done: one of the workers does what is left.
  [[nodiscard]] JobReport conclude(const std::stop_token& stop);
  [[nodiscard]] JobReport concluded(const JobRecord& record, const std::stop_token& stop);
  [[nodiscard]] JobReport publish(const std::stop_token& stop);
  /// In the transaction that publishes: looks again which indexes and constraints are to be dropped and made
  /// again.
  void prepare_to_rebuild(ByteCount incoming, const std::stop_token& stop);
  [[nodiscard]] JobReport finish(const std::stop_token& stop);
  void commit(JobReport& report, const std::stop_token& stop);
  /// When all is committed: what fails is a remark.
  void analyze_published(JobReport& report, const std::stop_token& stop);
  /// Of a job that is done, as the ledger has it.
  [[nodiscard]] JobReport report_of(LoadCounts counts, const JobRecord& record) const;
  /// As the ledger has the job. @throws Error (target) where it was forgotten.
  [[nodiscard]] JobRecord read_own_record(const std::stop_token& stop);
  /// The session with the target, opened anew where it was lost.
  [[nodiscard]] Connection& target(const std::stop_token& stop);

  const CopyTableOptions& options_;
  JobKeeper& keeper_;
  const std::optional<Joining> joining_;
  std::optional<JobLease> lease_;
  std::optional<LeaseRenewal> renewal_;
  PreparedLoad load_;
  std::shared_ptr<UnitSource> units_;
  std::optional<LoadScope> scope_;
  std::string snapshot_;
  AttemptFacts facts_;
  std::optional<LedgerCoordinator> coordinator_;
  std::atomic<std::uint64_t> suppressed_{0};  // rows of units that were committed
  std::optional<RowMove> move_;
};

/// Of a job that was done before; `remark` says what that means for the caller.
[[nodiscard]] JobReport earlier_report(const JobRecord& record, std::string source, std::string target,
                                       std::string_view remark);

}  // namespace leat::jobs_detail
