#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// What acquire() does with a job that already exists.
enum class EarlierRun {
  resume,
  restart,  ///< the finished work is discarded, and the command may be another one
};

/// A request for a job.
struct JobRequest {
  // Behaviour

  /// The job's name: 1 to 200 characters without control characters.
  std::string job{};
  /// The command, as a JSON object without secrets. Its member "source" may be another label if
  /// "source_database" is the same.
  std::string description{};
  /// Conditions and expressions of the command, as a JSON object. Its members must not be in the description
  /// too. Only the role that stores them and the owner of the ledger may read them.
  std::string texts{};
  /// A hash of both. If it is the stored hash, description and texts are not compared.
  std::string hash{};
  /// Hashes under which earlier releases may have stored the same command.
  std::vector<std::string> earlier_hashes{};
  /// Names this attempt in messages to others that want the job: "host db1, process 4711, user etl".
  std::string holder{};
  /// How long the job belongs to this attempt without a renewal. Zero: it may be taken over at once.
  std::chrono::milliseconds lease = std::chrono::seconds{60};
  EarlierRun earlier = EarlierRun::resume;
};

/// The right to work on a job. It is valid as long as its epoch is the stored epoch. A value; any number of
/// threads may use it.
struct JobLease {
  std::string job{};
  std::int64_t run = 0;
  std::int64_t epoch = 0;

  friend bool operator==(const JobLease&, const JobLease&) = default;
};

/// In which state acquire() found the job.
enum class JobOutcome {
  created,
  resumed,
  restarted,
  already_done,  ///< there is nothing to do, and no lease is held
};

/// The result of acquire().
struct AcquiredJob {
  JobOutcome outcome = JobOutcome::created;
  JobLease lease{};
  /// The job as it is now. `error` is the error of the attempt before.
  JobRecord record{};
  /// What could not be cleaned up: sessions of earlier attempts, tables of discarded runs.
  std::vector<std::string> remarks{};
};

/// One slice of a plan.
struct PlannedSlice {
  std::int64_t number = 0;
  std::string definition{};  ///< JSON: all that a reader needs to know
  bool is_done = false;      ///< the slice is in the ledger
  std::int64_t rows = 0;     ///< if it is done
  std::int64_t bytes = 0;

  friend bool operator==(const PlannedSlice&, const PlannedSlice&) = default;
};

/// Whether all finished slices were read in one snapshot.
enum class SourceConsistency {
  one_snapshot,
  several_snapshots,
};

/// The coordinator's part of the ledger: who works on a job, which plan it has, and that it is done. The
/// ledger is in the target's schema leat_meta. Slices are committed by begin_slice() and end_slice() on
/// sessions of their own (leat/ledger/slice_ledger.hpp).
///
/// Uses one session with the target. The session must outlive the Ledger and must not be in a transaction:
/// each call runs one or several transactions of its own, except finish() and require_complete(). All times
/// are the server's. Used by one thread at a time. A call with a lease that is lost (another attempt has the
/// job, or the job was forgotten) throws Error (target, 55000) and changes nothing.
class LEAT_EXPORT Ledger {
 public:
  explicit Ledger(Connection& connection) : connection_(connection) {}

  /// Creates the tables if they are missing, upgrades those of an older release, and checks whether this role
  /// may use them. Whoever owns a table can make others run SQL. So the tables are used only if their owner
  /// is a superuser, the owner of the database, the owner of `table` (0: none) or this role. Several sessions
  /// may call it at the same time.
  /// @throws Error (target): 42501, with the grants that are needed; 0A000 if a newer leat created the
  /// tables.
  void prepare(Oid table = 0, std::stop_token stop = {});
  /// Changes nothing, and throws the errors that prepare() would throw. With `has_staging` it also throws if
  /// the staging table of a job could not be created.
  void check(Oid table, bool has_staging, std::stop_token stop = {});
  /// Changes nothing. @throws Error (config), as acquire() does, if the stored command is another one.
  void check_command(const JobRequest& request, std::stop_token stop = {});

  /// Takes the job, or creates it, and attends to it with this session. A job is taken from another attempt
  /// if its lease has run out, or if all sessions of that attempt are gone from the server. Ends the sessions
  /// that earlier attempts have registered, also those of this process, and drops the tables of discarded
  /// runs.
  /// @throws Error (config) if the stored command is another one; the error lists the differences. Error
  /// (target) 55006 while another attempt has the job.
  [[nodiscard]] AcquiredJob acquire(const JobRequest& request, std::stop_token stop = {});

  /// Extends the lease: it lasts for `duration` from now on. @throws Error 55P03 if a publication that has
  /// called finish() does not end.
  void renew(const JobLease& lease, std::chrono::milliseconds duration, std::stop_token stop = {});

  /// Shows other attempts that this one is alive, as long as this session lives; behind a pooler as long as
  /// the lease lasts. Used if another session takes the place of the one that called acquire().
  void attend(const JobLease& lease, std::stop_token stop = {});

  /// Gives the job up after a failure, so that the next attempt does not have to wait. `next_within` is how
  /// long the caller takes at most until it makes the next attempt itself, which those who have joined this
  /// one wait for; zero: it makes none. Does nothing if the lease is lost.
  void release(const JobLease& lease, const std::string& error, std::chrono::milliseconds next_within = {},
               std::stop_token stop = {});

  /// Discards the finished work: the plan, the ledger and the staging table. Returns the lease of the new
  /// run. Objects that could not be dropped are added to `remarks`; the next acquire() tries again to drop
  /// them.
  [[nodiscard]] JobLease new_run(const JobLease& lease, std::vector<std::string>& remarks,
                                 std::stop_token stop = {});

  /// Chooses the name of the run's staging table and stores it, before the caller creates the table. The same
  /// run always gets the same name; no other run of any job gets it.
  [[nodiscard]] TableName name_staging(const JobLease& lease, std::stop_token stop = {});

  /// Stores the snapshot of the source in which the attempt reads, for messages and for later attempts to
  /// compare.
  void set_source(const JobLease& lease, const std::string& snapshot, SourceConsistency consistency,
                  std::stop_token stop = {});

  /// Stores the run's plan, all of it at once; the plan may be empty. Ignores is_done, rows and bytes.
  /// @throws Error (target, 55000) if the run already has a plan.
  void store_plan(const JobLease& lease, std::span<const PlannedSlice> slices, std::stop_token stop = {});

  /// The run's plan, ordered by number, with the slices that are done.
  [[nodiscard]] std::vector<PlannedSlice> read_plan(const JobLease& lease, std::stop_token stop = {});

  /// Shortens a slice to `head`, and adds a new slice with the definition `rest` (JSON). Returns the number
  /// of the new slice. The number is chosen here, so callers that cut at the same time get different numbers.
  /// Never waits for the slice: a transaction that is working on it must end with the new definition,
  /// otherwise end_slice() refuses it. nullopt if the slice is in the ledger or is already being committed;
  /// nothing was changed then.
  [[nodiscard]] std::optional<std::int64_t> cut(const JobLease& lease, const PlannedSlice& head,
                                                const std::string& rest, std::stop_token stop = {});

  /// Runs `use` in a transaction. No other attempt can take the job over before that transaction ends.
  void hold(const JobLease& lease, const std::function<void(Connection&)>& use, std::stop_token stop = {});

  /// Checks that the ledger holds every slice of the plan. @throws Error (target, 55000) with counts if not.
  void require_complete(const JobLease& lease, std::stop_token stop = {});

  /// Marks the job as done, in the open transaction of the session (READ COMMITTED); the job is done after
  /// that transaction commits. Until then nobody takes the job over, and renew() waits. So this should be the
  /// last statement before the COMMIT. `report` is JSON. @throws the errors of require_complete().
  void finish(const JobLease& lease, const std::string& report, std::stop_token stop = {});

  /// After finish() and a COMMIT whose answer was lost: true if the COMMIT has happened. Waits for the COMMIT
  /// while its session is at work. @throws Error 55P03 if it does not end within the session's lock_timeout.
  [[nodiscard]] bool was_finished(const JobLease& lease, std::stop_token stop = {});

 private:
  Connection& connection_;
};

}  // namespace leat
