#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include "jobs/options/batch_memory.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/work/unit_engine.hpp"

namespace leat::jobs_detail {

/// How many work on a job.
struct Workers {
  WorkerLimits limits{};
  std::size_t hooks = 1;  ///< threads for the row hook, of each reader
};

[[nodiscard]] Workers workers_of(const CopyTableOptions& options);

/// Who of them holds batches, with a row hook or without.
[[nodiscard]] BatchHolders holders_of(const Workers& workers, const Transform& hook, UnitCommit commit);

class RowMove;

/// What is particular to a move of rows. What it refers to outlives the move.
struct RowMoveSetup {
  const StreamOptions& stream;
  const Transform& transform;
  Workers workers{};
  UnitCommit commit = UnitCommit::together;
  Coordinator& coordinator;
  /// Who reads them; null: the load's own rows are the only unit.
  UnitSource* units = nullptr;
  /// Makes a writer of the move, on its thread.
  std::function<std::unique_ptr<UnitWriter>(RowMove& move, std::size_t number, const std::stop_token& stop)>
      make_writer{};
  /// Units are slices that people should hear of.
  bool tells_units = false;
  /// Runs at least twice a second while rows are on their way, on the thread that called run(). What it
  /// throws ends the move.
  std::function<void(const std::stop_token& stop)> on_tick{};
};

/// Moves the rows of a job by the engine, within the memory of its options, and tells the progress. Belongs
/// to one thread.
class RowMove {
 public:
  /// `load` outlives it.
  RowMove(const PreparedLoad& load, RowMoveSetup setup);
  RowMove(const RowMove&) = delete;
  RowMove& operator=(const RowMove&) = delete;
  ~RowMove() = default;

  /// @throws the first failure.
  void run(const std::stop_token& stop);

  /// Of units that are done.
  [[nodiscard]] const RowCounters& done() const { return engine_->done(); }
  /// What was done until now, for an error; of rows that are committed nothing is known here.
  [[nodiscard]] WorkDone work() const;
  /// Takes waits and what stood between into the report.
  void complete(JobReport& report) const;
  /// The last call, when all is committed: what it throws cannot end the job any more, and is logged.
  void tell_end() const noexcept;

  // For writers

  /// Rows of a channel into a sink, until the end; `begin` runs before the first of them. @throws a reader's
  /// error where it has failed.
  void pump(UnitChannel& channel, TableLoad& sink, const std::function<void(const std::stop_token&)>& begin,
            const std::stop_token& stop);
  /// Before a COMMIT of all rows: from here on the progress is not told, so that what its callback throws
  /// never ends a job that is committed. @throws Stopped where it has thrown already.
  void begin_commit(const std::stop_token& stop);

 private:
  [[nodiscard]] UnitEngineSetup engine_setup();
  [[nodiscard]] Progress progress() const;
  void tell_progress();

  const PreparedLoad& load_;
  const RowMoveSetup setup_;
  const BatchHolders holders_;
  RowBatchPool pool_;

  std::mutex telling_;  // held while the progress is told
  // Guarded by telling_
  bool telling_failed_ = false;
  bool commits_ = false;

  std::unique_ptr<UnitEngine> engine_;  // the last, since its threads use the others
};

}  // namespace leat::jobs_detail
