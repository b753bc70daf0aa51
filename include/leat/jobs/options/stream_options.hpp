#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/bytes.hpp"
#include "leat/core/log.hpp"
#include "leat/core/progress.hpp"
#include "leat/jobs/options/reject.hpp"
#include "leat/jobs/options/write_mode.hpp"

namespace leat {

class Connection;
class MemoryBudget;
class Throttle;

/// What to think of rows that the target itself left out, as a trigger that returns NULL does.
enum class SuppressedRows {
  error,  ///< nothing is committed
  allow,  ///< they are counted in the report
};

/// What the target's triggers and foreign keys do with the rows.
enum class Triggers {
  fire,
  /// They are silent for this load (session_replication_role = replica): rows are not checked against foreign
  /// keys. Needs a superuser, or from PostgreSQL 15 on the privilege to set that parameter.
  disable,
};

/// What becomes of the target's secondary indexes, unique and exclusion constraints and foreign keys during a
/// load. The primary key stays in any case. docs/indexes.md tells what is dropped, and what that locks.
enum class Indexes {
  keep,
  /// They are dropped before the first row and made again, as they were, before the commit. Needs the table's
  /// owner.
  rebuild,
  /// Rebuilt where much comes into a table that is empty or emptied by TRUNCATE, else kept; the plan's
  /// remarks say why.
  automatic,
};

/// "keep", "rebuild" or "auto".
[[nodiscard]] std::string_view to_string(Indexes indexes);

/// What becomes of a target that there is not.
enum class CreateTarget {
  never,  ///< the job does not start
  /// It is made as the source defines it: columns with their types, collations, NOT NULL, defaults, generated
  /// columns, and the primary key; types that are missing too.
  columns,
  /// The same with identity and serial sequences, indexes, unique, check and exclusion constraints, and
  /// comments. Indexes and constraints are made when the rows are there.
  full,
};

/// "never", "columns" or "full".
[[nodiscard]] std::string_view to_string(CreateTarget create);

/// How a job's two sessions behave, on top of what SessionOptions says.
struct JobLimits {
  /// For connecting, each side. Must be > 0.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// The longest wait for a lock that somebody else holds. Zero: no limit.
  std::chrono::milliseconds lock_timeout = std::chrono::seconds{10};
  /// The server's statement_timeout, also for the COPY. Zero: no limit.
  std::chrono::milliseconds statement_timeout{0};
  /// The longest silence of a server in the middle of the load. Must be > 0.
  std::chrono::milliseconds silence_timeout = std::chrono::hours{1};
};

/// Receives the job's progress on the thread that called run(). What it throws ends the job.
using ProgressCallback = std::function<void(const Progress&)>;

/// Work of your own in the transaction of a load, on its session with the target, which must not end that
/// transaction. What it throws ends the job, and nothing is committed.
using TargetHook = std::function<void(Connection& target, const std::stop_token& stop)>;

/// How rows travel; part of every job's options.
struct StreamOptions {
  // Behaviour

  /// Called about every progress_interval, and once at the end.
  ProgressCallback on_progress{};
  /// Must be > 0.
  std::chrono::milliseconds progress_interval{500};
  SuppressedRows suppressed_rows = SuppressedRows::error;
  /// Rows that the target may refuse, each for its own fault, without ending the load: they are left out,
  /// reported, and go to `rejects`. With one more nothing is committed. Zero: the first one ends the load.
  /// Not with verify or CopyTables. docs/rejects.md tells what is promised.
  std::uint64_t max_rejects = 0;
  /// Needed where max_rejects is not zero.
  Rejects rejects{};
  Triggers triggers = Triggers::fire;
  /// With CopyTables only keep.
  Indexes indexes = Indexes::keep;
  /// Sequences that belong to columns which were loaded, or give them their defaults, are moved beyond the
  /// largest value, never back.
  bool advance_sequences = true;
  /// ANALYZE of the target after the commit. Where it fails the load stands, and the report's remarks tell.
  bool analyze = false;
  /// Before the commit, what was loaded is compared with what the source has, by the number of rows and a
  /// hash of their content, in the snapshot that was read. Where they differ nothing is committed (Error of
  /// ErrorKind::verify, whose detail shows a few rows). Not with a row hook, and not of a query with
  /// parameters. docs/verify.md tells what is compared.
  bool verify = false;
  /// Rows may go into a view that takes INSERT, by itself or by its triggers: they are collected in a
  /// temporary table, and inserted through the view at the end. Only by append.
  bool into_view = false;
  /// A missing target is made in the load's own transaction, so that a load that fails leaves nothing behind.
  /// Where several transactions write (several writers, a job's name, retries) it is committed first, and
  /// stays. What the target's server does not take, such as a default that uses a function which it lacks, is
  /// left out, and remarks tell. plan() makes it too, in a transaction that is rolled back.
  CreateTarget create = CreateTarget::never;
  /// Columns that the source has and the target lacks are added to it (ALTER TABLE), in the load's own
  /// transaction, which locks readers out until its end, or committed first, as with `create`. Never changed
  /// or dropped are those that are there.
  bool evolve = false;
  /// Runs before the target is looked at, by plan() too, whose transaction is rolled back: what it creates
  /// may be loaded, such as a temporary table (`pg_temp.t`). Not with CopyTables.
  TargetHook before_load{};
  /// Runs when all rows are there, before the COMMIT. Not with CopyTables.
  TargetHook before_commit{};
  JobLimits limits{};
  /// What pg_stat_activity shows of the job's sessions.
  std::string application_name = "leat";
  Logger log{};

  // Performance

  /// Bytes of one batch. From 4 KiB to 1 GiB. A wider row travels alone.
  ByteCount batch_bytes = ByteCount{1U << 20U};
  /// What a job's rows on their way may take, everywhere in this process: read, waiting, being written, and
  /// libpq's buffers. At least 2 MiB and six batches together. A row wider than this passes alone.
  ByteCount memory = ByteCount{32U << 20U};
  /// What all jobs that are given it may have in memory together, each within its own `memory` besides. A row
  /// wider than that passes alone. Null: each job has only its own bound. Made with
  /// leat/core/memory_budget.hpp.
  std::shared_ptr<MemoryBudget> budget{};
  /// How fast the job may write, and whether it waits for replicas. Null: as fast as it can. Made with
  /// leat/jobs/throttle.hpp.
  std::shared_ptr<Throttle> throttle{};
  /// A batch that is not full is handed on when its first row has waited this long. Must be > 0.
  std::chrono::milliseconds flush_after{200};
};

/// @throws Error (config) that names the field.
void validate(const StreamOptions& options);

}  // namespace leat
