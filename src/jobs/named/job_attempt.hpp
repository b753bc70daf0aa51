#pragma once

#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/named/job_keeper.hpp"
#include "jobs/named/lease_renewal.hpp"
#include "jobs/named/ledger_writer.hpp"
#include "jobs/prepare/stream_job.hpp"
#include "jobs/rejects/job_reject_file.hpp"
#include "leat/core/retry.hpp"

namespace leat::jobs_detail {

/// From [0, 1), for delays. Thread-safe.
[[nodiscard]] double random_fraction();
[[nodiscard]] RetryPolicy retry_policy(const Delivery& delivery);

/// One attempt of a job that has a name: takes its lease, reads what is left in a snapshot of its own, and
/// publishes. Runs once.
class JobAttempt {
 public:
  /// All outlive it.
  JobAttempt(const CopyTableOptions& options, JobKeeper& keeper) : options_(options), keeper_(keeper) {}

  /// Holds the job, and renews its lease whatever else is waited for, from when it has it until it is done.
  [[nodiscard]] JobReport run(const std::stop_token& stop);
  /// After a failure: writes the file of rejected rows, where there is to be one. Never throws.
  void save_rejects() noexcept;
  /// What it holds, if it got that far.
  [[nodiscard]] const std::optional<JobLease>& lease() const { return lease_; }
  /// Whether a slice has failed as often as it may, so that another attempt is in vain.
  [[nodiscard]] bool has_given_up() const { return has_given_up_; }

 private:
  /// What a job that is done has reported.
  [[nodiscard]] JobReport earlier_report(const JobRecord& record) const;
  void prepare(const std::stop_token& stop);
  /// With the lease: copies what is left, and publishes.
  [[nodiscard]] JobReport work(const AcquiredJob& acquired, const std::stop_token& stop);
  /// The slices that are left, by the stored plan or a new one.
  [[nodiscard]] std::vector<SliceTask> plan(const AcquiredJob& acquired, const std::stop_token& stop);
  [[nodiscard]] std::vector<SliceTask> slices_left(const JobRecord& record,
                                                   const std::vector<PlannedSlice>& stored,
                                                   const std::stop_token& stop);
  [[nodiscard]] std::vector<SliceTask> new_slices(const JobRecord& record, const std::stop_token& stop);
  /// Straight jobs: has the slices say which table they are committed into. @throws Error (target, 55000)
  /// where rows that earlier attempts have put there are gone.
  void name_target(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                   const std::stop_token& stop);
  /// Whether what was done counts beside what is read in this attempt's snapshot.
  [[nodiscard]] bool may_go_on(const JobRecord& record, std::size_t done) const;
  /// @throws Error (config) where rows that are in the table would come once more.
  void check_restart(const std::stop_token& stop);
  void start_run(const std::stop_token& stop);
  /// @throws Error (config) where earlier attempts have rejected more rows than may be.
  void count_earlier_rejects(const JobRecord& record);
  /// Writes the file of rejected rows from what the ledger keeps.
  void write_rejects(JobEnd end, const std::stop_token& stop);
  void name_staging(bool is_new, const std::stop_token& stop);
  void transfer(std::vector<SliceTask> tasks, const std::stop_token& stop);
  /// When a slice that failed is tried again. Thread-safe.
  [[nodiscard]] std::optional<SteadyClock::time_point> retry(const RetryPolicy& policy, const SliceTask& task,
                                                             const Error& error);
  /// Gives the rest of a slice a number in the plan; nullopt where it is too late. Thread-safe.
  [[nodiscard]] std::optional<SliceTask> cut(const SliceTask& shortened, const Slice& rest,
                                             const std::stop_token& stop);
  [[nodiscard]] JobReport publish(const std::stop_token& stop);
  /// In the transaction that publishes: looks again which indexes and constraints are to be dropped and made
  /// again.
  void prepare_to_rebuild(ByteCount incoming, const std::stop_token& stop);
  [[nodiscard]] JobReport publish_collected(const JobRecord& record, const std::stop_token& stop);
  [[nodiscard]] JobReport finish(const std::stop_token& stop);
  void commit(JobReport& report, const std::stop_token& stop);
  /// When all is committed: what fails is a remark.
  void analyze_published(JobReport& report, const std::stop_token& stop);
  /// What has become of a COMMIT whose answer was lost, in a limited time once a stop was requested.
  /// @throws Error: in_doubt() where that cannot be learned.
  [[nodiscard]] bool was_finished(const Error& lost, const std::stop_token& stop);
  [[nodiscard]] JobReport report_of(const LoadCounts& counts, std::uint64_t rows) const;
  /// As the ledger has the job. @throws Error (target) where it was forgotten.
  [[nodiscard]] JobRecord read_own_record(const std::stop_token& stop);
  Connection& target(const std::stop_token& stop);

  const CopyTableOptions& options_;
  JobKeeper& keeper_;
  std::optional<JobLease> lease_;
  std::optional<LeaseRenewal> renewal_;
  PreparedStream stream_;
  std::string snapshot_;
  std::optional<TableName> staging_;
  std::size_t skipped_ = 0;
  std::uint64_t rejected_earlier_ = 0;
  std::atomic<bool> has_given_up_{false};
  bool is_consistent_ = true;
  std::vector<std::string> remarks_;
  std::optional<LedgerWriting> writing_;
  JobCounters done_;
  JobReport slices_;  // what the transfer has to say
};

}  // namespace leat::jobs_detail
