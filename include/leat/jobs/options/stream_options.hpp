#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/core/progress.hpp"
#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/reject.hpp"

namespace leat {

class Connection;
class KeptSessions;
class MemoryBudget;
class SharedTransaction;
class Throttle;

/// What to do if the target itself leaves rows out, for example by a trigger that returns NULL.
enum class SuppressedRows {
  error,  ///< the job fails and nothing is committed
  allow,  ///< the report counts these rows
};

/// Whether the target's triggers and foreign keys act on the rows.
enum class Triggers {
  fire,
  /// They are silent during this load (session_replication_role = replica), so foreign keys do not check the
  /// rows. Needs a superuser, or from PostgreSQL 15 on the privilege to set that parameter.
  disable,
};

/// What happens to the target's secondary indexes, unique and exclusion constraints and foreign keys during a
/// load. The primary key always stays. docs/indexes.md lists what is dropped, and which locks that takes.
enum class Indexes {
  keep,
  /// They are dropped before the first row, and created again as they were before the commit. Needs the owner
  /// of the table.
  rebuild,
  /// Rebuilt if many rows go into a table that is empty or emptied by TRUNCATE; kept otherwise. The plan's
  /// remarks give the reason.
  automatic,
};

/// "keep", "rebuild" or "auto".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(Indexes indexes);

/// What happens if the target table is missing.
enum class CreateTarget {
  never,  ///< the job does not start
  /// The table is created as the source defines it: columns with their types, collations, NOT NULL, defaults
  /// and generated columns, and the primary key. Missing types are created too.
  columns,
  /// As `columns`, and also identity and serial sequences, indexes, unique, check and exclusion constraints,
  /// and comments. Indexes and constraints are created after the rows are loaded.
  full,
};

/// "never", "columns" or "full".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(CreateTarget create);

/// Time limits of a job's two sessions. All else is as in SessionOptions.
struct JobLimits {
  // Not set, the first three are what each side's connection says (connect_timeout, and lock_timeout and
  // statement_timeout in its options), and else what is said here.

  /// The longest time for connecting, for each side. Must be > 0. Else 10 s.
  std::optional<std::chrono::milliseconds> connect_timeout{};
  /// The longest wait for a lock that another session holds. Zero: no limit. Else 10 s.
  std::optional<std::chrono::milliseconds> lock_timeout{};
  /// The server's statement_timeout, which also limits the COPY. Zero: no limit. Else no limit.
  std::optional<std::chrono::milliseconds> statement_timeout{};
  /// The longest time without a sign from a server in the middle of the load, and so the longest wait for a
  /// lock, too. Must be > 0. Not set: an hour.
  std::optional<std::chrono::milliseconds> silence_timeout{};
};

/// Receives the job's progress, on the thread that called run(). An exception from it ends the job.
using ProgressCallback = std::function<void(const Progress&)>;

/// A function of your own that runs in the transaction of a load, on the job's session with the target. It
/// must not end that transaction. An exception from it ends the job, and nothing is committed.
using TargetHook = std::function<void(Connection& target, const std::stop_token& stop)>;

struct JobReport;

/// A function of your own that looks at what was loaded: in the transaction of the load, on the job's session
/// with the target, with the report as it will be. It must not end that transaction. An exception from it
/// ends the job, and nothing is committed.
using ReportHook =
    std::function<void(Connection& target, const JobReport& report, const std::stop_token& stop)>;

/// Options shared by all jobs: what happens to the target, limits, memory.
struct StreamOptions {
  // Behaviour

  /// Called about once every progress_interval, and once at the end.
  ProgressCallback on_progress{};
  /// Time between two calls of on_progress. Must be > 0.
  std::chrono::milliseconds progress_interval{500};
  SuppressedRows suppressed_rows = SuppressedRows::error;
  /// How many rows the target may refuse, each for a fault of its own, without ending the load. Refused rows
  /// are left out, reported, and sent to `rejects`. If there is one more, nothing is committed. Zero: the
  /// first refused row ends the load. Cannot be used with verify or CopyTables. docs/rejects.md explains the
  /// guarantees.
  std::uint64_t max_rejects = 0;
  /// Where refused rows go. Must be set if max_rejects is not zero.
  Rejects rejects{};
  Triggers triggers = Triggers::fire;
  /// CopyTables accepts only keep.
  Indexes indexes = Indexes::keep;
  /// Moves the sequences of the loaded columns beyond the column's largest value, never back. These are the
  /// sequences that belong to a column or that its default uses.
  bool advance_sequences = true;
  /// Runs ANALYZE on the target after the commit. If ANALYZE fails, the load stands, and the report's remarks
  /// say so.
  bool analyze = false;
  /// Compares the loaded rows with the source's rows before the commit: their number, and a hash of their
  /// content. The source is read again in the snapshot of the load. If both differ, nothing is committed: the
  /// job throws an Error (verify) whose detail shows a few rows. Cannot be used with a row hook, nor for a
  /// query with parameters. docs/verify.md explains what is compared.
  bool verify = false;
  /// Allows a view as the target, if it takes INSERT by itself or by its triggers. The rows are collected in
  /// a temporary table, and inserted through the view at the end. Only for append.
  bool into_view = false;
  /// What to do if the target is missing. It is created in the load's own transaction, so a load that fails
  /// leaves nothing behind. If several transactions write (several writers, a job's name, retries), the new
  /// table is committed first, and stays. Parts that the target's server does not accept are left out, and
  /// remarks list them: for example a default that uses a function which the target lacks. plan() creates the
  /// table too, in a transaction that is rolled back.
  CreateTarget create = CreateTarget::never;
  /// Adds the columns that the source has and the target lacks (ALTER TABLE). This runs in the load's own
  /// transaction, and locks out readers of the target until its end. If several transactions write, it is
  /// committed first, as with `create`. Existing columns are never changed or dropped.
  bool evolve = false;
  /// Runs before the job inspects the target, so it may create the table that is loaded, such as a temporary
  /// table (`pg_temp.t`). plan() calls it too, in a transaction that is rolled back. Cannot be used with
  /// CopyTables.
  TargetHook before_load{};
  /// Runs after the last row and before the COMMIT. Cannot be used with CopyTables.
  TargetHook before_commit{};
  /// Runs after before_commit, and decides whether the rows are what was expected; it throws if not. Cannot
  /// be used with CopyTables, nor where several transactions write.
  ReportHook expect{};
  /// A transaction of the target that other jobs load in, too: what the job loads is committed with it. Null:
  /// the job has a transaction of its own. Made with leat/jobs/options/shared_transaction.hpp. Cannot be used
  /// with CopyTables.
  std::shared_ptr<SharedTransaction> transaction{};
  JobLimits limits{};
  /// The name of the job's sessions in pg_stat_activity.
  std::string application_name = "leat";
  Logger log{};

  // Performance

  /// Size of one batch of rows. From 4 KiB to 1 GiB. A row that is larger forms a batch of its own.
  ByteCount batch_bytes = ByteCount{1U << 20U};
  /// The memory for the job's rows in this process: rows just read, rows that wait, rows being written, and
  /// libpq's buffers. At least 2 MiB, and at least six batches. A row that is larger passes alone.
  ByteCount memory = ByteCount{32U << 20U};
  /// A memory limit for several jobs together: all jobs that are given the same budget share it. Each of them
  /// also keeps to its own `memory`. A row that is larger than the budget passes alone. Null: each job has
  /// only its own limit. Made with leat/core/memory_budget.hpp.
  std::shared_ptr<MemoryBudget> budget{};
  /// Sessions of jobs that came before, for one that follows: it need not connect again. Null: each job opens
  /// its own, and closes them. Made with leat/jobs/options/kept_sessions.hpp.
  std::shared_ptr<KeptSessions> sessions{};
  /// How fast the job may write, and whether it waits for replicas. Null: as fast as it can. Made with
  /// leat/jobs/options/throttle.hpp.
  std::shared_ptr<Throttle> throttle{};
  /// A batch that is not full is handed on after its first row has waited this long. Must be > 0.
  std::chrono::milliseconds flush_after{200};
};

}  // namespace leat
