#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>

#include "jobs/options/steady_clock.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/ledger/job_workers.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

/// A job's own session with the ledger, besides those of its writers; opened again where it is lost.
/// Thread-safe.
class JobKeeper {
 public:
  /// `options` outlive it. `request`: what the job is; empty: the copy of a table that they tell.
  explicit JobKeeper(const CopyTableOptions& options,
                     std::function<JobRequest(const JobSource& source)> request = {})
      : options_(options), request_(std::move(request)) {}

  /// Where the job reads. To be called before acquire().
  void know_source(JobSource source) { source_ = std::move(source); }

  /// The same job, where it is done and is not to be restarted; whether it is the same is asked of the source
  /// as well.
  [[nodiscard]] std::optional<JobRecord> find_done(const std::stop_token& stop);
  /// Where it reads and loads, for people.
  [[nodiscard]] std::string source_label() const { return source_ ? source_->label : options_.source.label; }
  [[nodiscard]] std::string target_label();

  /// Takes the job, also where this keeper has it: it could not give it up, or did not hear that it got it.
  /// @throws as Ledger::acquire() does.
  [[nodiscard]] AcquiredJob acquire(Oid table, const std::stop_token& stop);

  /// Runs `use` on the ledger, alone. After an error that may pass it is run again on a new session, once;
  /// what is in doubt is for the next attempt, which sees whether it was done.
  template <class Use>
  auto with_ledger(const Use& use, const std::stop_token& stop) {
    const std::lock_guard lock(mutex_);
    try {
      return use(ledger(stop));
    } catch (const Error& error) {
      const bool was_lost = session_ && !session_->is_open();
      if (!was_lost || error.in_doubt() || !is_transient_sqlstate(error.sqlstate())) throw;
    }
    return use(ledger(stop));
  }

  // As one of the workers of an attempt

  /// Takes part in the attempt, until leave(); the job's lease is this worker's to renew, too.
  void enter(const JobLease& lease, const AttemptDetails& details, const std::stop_token& stop);
  /// Has the ledger know another session of the attempt, which whoever takes the job over ends first.
  void announce(const Connection& session, const std::stop_token& stop);
  /// The next slice of the job, beyond `after` where there is one.
  /// `held`: the slices that it has claimed and not done.
  [[nodiscard]] SliceClaim claim(std::int64_t after, std::span<const std::int64_t> held,
                                 const std::stop_token& stop);
  /// See Ledger::cut().
  [[nodiscard]] std::optional<std::int64_t> cut(const PlannedSlice& head, const std::string& rest,
                                                const std::stop_token& stop);
  /// Whether this worker is to publish what all have done.
  [[nodiscard]] bool claim_publication(const std::stop_token& stop);
  /// Whether it has nothing to do, for others to know.
  void set_hungry(bool is_hungry) { is_hungry_ = is_hungry; }
  [[nodiscard]] bool are_others_hungry() const { return are_others_hungry_; }
  /// Takes part no longer. Never throws.
  void leave() noexcept;

  /// Renews the lease where that is due. A server that does not answer is tried again until the lease has run
  /// out. @throws Error where the job was lost to somebody else, or it has.
  void renew_if_due(const std::stop_token& stop);

  /// Rows of slices that this attempt has committed.
  [[nodiscard]] std::uint64_t rows_committed(const JobLease& lease, const std::stop_token& stop);

  /// Removes the job, its ledger and its staging table, where there is one. Never throws.
  void forget() noexcept;
  /// Gives the job up; `next_within` as of Ledger::release(). Never throws.
  void release(const JobLease& lease, const std::string& error,
               std::chrono::milliseconds next_within) noexcept;

 private:
  // With mutex_ held
  [[nodiscard]] Ledger ledger(const std::stop_token& stop);
  [[nodiscard]] bool is_done(const std::stop_token& stop);  // without it
  [[nodiscard]] JobRequest request() const;
  /// @throws Error (target, 42P01) where the table is gone that a job has loaded which is done.
  void require_target(const JobRecord& done, const std::stop_token& stop);  // without it
  [[nodiscard]] std::chrono::milliseconds lease_time() const { return options_.delivery.lease; }

  // Constant after construction
  const CopyTableOptions& options_;
  const std::function<JobRequest(const JobSource& source)> request_;
  const std::string holder_ = job_holder();
  std::mutex mutex_;
  // Guarded by mutex_
  std::shared_ptr<Connection> session_;
  std::optional<JobLease> lease_;    // of the attempt at work
  std::optional<JobWorker> worker_;  // of that attempt
  std::optional<JobSource> source_;  // used by the thread that works on the job
  // Used by the thread that renews
  SteadyClock::time_point renewed_ = SteadyClock::now();
  SteadyClock::time_point tried_ = renewed_;
  SteadyClock::time_point looked_ = renewed_;
  bool told_hungry_ = false;
  // Thread-safe
  std::atomic<bool> is_hungry_{false};
  std::atomic<bool> are_others_hungry_{false};
};

}  // namespace leat::jobs_detail
