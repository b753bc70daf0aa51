#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/schema.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// What acquire() does with a job that was begun before.
enum class EarlierRun {
  resume,
  restart,  ///< what was done is discarded, and the command may be another
};

/// A wish for a job.
struct JobRequest {
  // Behaviour

  /// 1 to 200 characters, none of them a control character.
  std::string job{};
  /// What the command is, as a JSON object without secrets. Its member "source" may be another label where
  /// "source_database" is the same.
  std::string description{};
  /// Conditions and expressions of the command, as a JSON object whose members the description has not:
  /// nobody may read them but the role that stores them and the owner of the ledger.
  std::string texts{};
  /// Of both. Where it is the stored one, they are not compared.
  std::string hash{};
  /// Under which earlier releases may have stored the same command.
  std::vector<std::string> earlier_hashes{};
  /// For messages to whoever else wants the job: "host db1, process 4711, user etl".
  std::string holder{};
  /// How long the job is this attempt's without a renewal. Zero: it may be taken over at once.
  std::chrono::milliseconds lease = std::chrono::seconds{60};
  EarlierRun earlier = EarlierRun::resume;
};

/// The right to work on a job, as long as its epoch is the stored one. A value, for as many threads as like.
struct JobLease {
  std::string job{};
  std::int64_t run = 0;
  std::int64_t epoch = 0;

  friend bool operator==(const JobLease&, const JobLease&) = default;
};

/// How a job was found.
enum class JobOutcome {
  created,
  resumed,
  restarted,
  already_done,  ///< there is nothing to do, and no lease is held
};

/// What acquire() brings.
struct AcquiredJob {
  JobOutcome outcome = JobOutcome::created;
  JobLease lease{};
  /// As it stands now. `error` is that of the attempt before.
  JobRecord record{};
  /// What could not be cleared away: sessions of earlier attempts, tables of discarded runs.
  std::vector<std::string> remarks{};
};

/// One slice of a plan.
struct PlannedSlice {
  std::int64_t number = 0;
  std::string definition{};  ///< JSON: what a reader needs to know
  bool is_done = false;      ///< it is in the ledger
  std::int64_t rows = 0;     ///< where it is done
  std::int64_t bytes = 0;

  friend bool operator==(const PlannedSlice&, const PlannedSlice&) = default;
};

/// Whether all slices that are done were read in one snapshot.
enum class SourceConsistency {
  one_snapshot,
  several_snapshots,
};

/// The coordinator's half of the ledger: who works on a job, what its plan is, that it is done. It lives in
/// the target's schema leat_meta. Slices are committed by begin_slice() and end_slice() on sessions of their
/// own (leat/postgres/slice_ledger.hpp).
///
/// Works over one session with the target, which must outlive it and be in no transaction: each call but
/// finish() and require_complete() is a transaction of its own, or several. All times are the server's. Used
/// by one thread at a time. Where a lease is asked for and it is lost (another attempt has the job, or it was
/// forgotten), a call throws Error (target, 55000) and changes nothing.
class Ledger {
 public:
  explicit Ledger(Connection& connection) : connection_(connection) {}

  /// Makes the tables where they are missing, upgrades those of an older release, and looks whether this role
  /// may use them. They are used only where superusers, the owner of the database, of `table` (0: none), or
  /// this role own them, since whoever owns a table can let others run SQL. Several may call it at once.
  /// @throws Error (target): 42501, saying what to grant; 0A000 where a newer leat has made them.
  void prepare(Oid table = 0, std::stop_token stop = {});
  /// Changes nothing, and throws what prepare() would; also where jobs with a staging table could not make
  /// it.
  void check(Oid table, bool has_staging, std::stop_token stop = {});
  /// Changes nothing. @throws Error (config), as acquire() does, where the stored command is another one.
  void check_command(const JobRequest& request, std::stop_token stop = {});

  /// Takes the job, or makes it, and attends to it with this session. A job whose lease has run out is taken
  /// from whoever had it, and so is one whose sessions are all gone from the server. Ends the sessions that
  /// earlier attempts have registered, also those of this process, and drops tables of discarded runs.
  /// @throws Error (config) where the stored command is another one, saying what differs; (target) 55006
  /// while another attempt has the job.
  [[nodiscard]] AcquiredJob acquire(const JobRequest& request, std::stop_token stop = {});

  /// The lease lasts that long from now on. @throws Error 55P03 while a publication that has called finish()
  /// does not end.
  void renew(const JobLease& lease, std::chrono::milliseconds duration, std::stop_token stop = {});

  /// Shows others that the attempt lives, for as long as this session does, and behind a pooler as long as
  /// the lease: for a session that takes the place of the one on which acquire() ran.
  void attend(const JobLease& lease, std::stop_token stop = {});

  /// Gives the job up after a failure: whoever wants it need not wait. Nothing happens where it is lost.
  void release(const JobLease& lease, const std::string& error, std::stop_token stop = {});

  /// Discards what was done: the plan, the ledger, the staging table. Returns the lease of the new run; what
  /// could not be dropped is added to `remarks`, and is tried again by the next acquire().
  [[nodiscard]] JobLease new_run(const JobLease& lease, std::vector<std::string>& remarks,
                                 std::stop_token stop = {});

  /// Names the run's staging table and remembers that name, before the caller makes it. The same name for
  /// the same run; no other run of any job has it.
  [[nodiscard]] TableName name_staging(const JobLease& lease, std::stop_token stop = {});

  /// In which snapshot of the source the attempt reads, for messages and for later attempts to compare.
  void set_source(const JobLease& lease, const std::string& snapshot, SourceConsistency consistency,
                  std::stop_token stop = {});

  /// The run's plan, all of it at once; it may be empty. is_done, rows and bytes are not looked at.
  /// @throws Error (target, 55000) where the run has one.
  void store_plan(const JobLease& lease, std::span<const PlannedSlice> slices, std::stop_token stop = {});

  /// The run's plan by number, and what of it is done.
  [[nodiscard]] std::vector<PlannedSlice> read_plan(const JobLease& lease, std::stop_token stop = {});

  /// Shortens a slice to `head`, and adds a new one with the definition `rest` (JSON), whose number it
  /// returns: that is given here, so that whoever else cuts at the same time gets another. Never waits for
  /// the slice. A transaction of it that goes on must end with the new definition, or end_slice() refuses it.
  /// nullopt where it is too late, since the slice is in the ledger or is being committed: nothing was
  /// changed.
  [[nodiscard]] std::optional<std::int64_t> cut(const JobLease& lease, const PlannedSlice& head,
                                                const std::string& rest, std::stop_token stop = {});

  /// Runs `use` in a transaction, within which nobody takes the job over.
  void hold(const JobLease& lease, const std::function<void(Connection&)>& use, std::stop_token stop = {});

  /// Whether the ledger holds the plan, slice by slice. @throws Error (target, 55000) with counts.
  void require_complete(const JobLease& lease, std::stop_token stop = {});

  /// In the open transaction of the session (READ COMMITTED): the job is done once that commits. Until then
  /// nobody takes it over and renew() waits, so it is to be the last statement before the COMMIT. Throws what
  /// require_complete() throws. `report` is JSON.
  void finish(const JobLease& lease, const std::string& report, std::stop_token stop = {});

  /// Whether a COMMIT after finish() whose answer was lost has happened. Waits for it while its session
  /// works. @throws Error 55P03 when that does not end within the session's lock_timeout.
  [[nodiscard]] bool was_finished(const JobLease& lease, std::stop_token stop = {});

 private:
  Connection& connection_;
};

}  // namespace leat
