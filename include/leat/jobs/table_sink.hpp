#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/columns.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/jobs/options/table_sink_options.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/pipeline/batch.hpp"
#include "leat/pipeline/per_worker.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat {

class TableSinkWriter;

/// Loads batches of rows, from wherever they come, into a table, as a job loads it: columns are matched by
/// name, and modes, rejects, triggers, indexes, sequences and counts are those of CopyTable. It is the last
/// stage of a pipeline:
///
///     TableSink orders({.target = warehouse, .to = "orders"});
///     … .into("store", {.workers = 2}, orders).build().run();
///
/// One thread, or several with a writer each, may use it. A run begins with the first begin() of a writer and
/// ends when each has had its end(). After that another one may begin. Thread-safe.
class LEAT_EXPORT TableSink {
 public:
  /// Does not connect yet. @throws Error (config) that names the option that is wrong.
  explicit TableSink(TableSinkOptions options);
  TableSink(const TableSink&) = delete;
  TableSink& operator=(const TableSink&) = delete;
  ~TableSink();

  /// A writer for one thread, or for one worker of a stage. The sink must outlive it.
  [[nodiscard]] TableSinkWriter writer();
  /// When the stage that writes here must take its work for final (StageOptions::commit).
  [[nodiscard]] CommitPoint commit_point() const noexcept;

  /// What was committed until now, of all runs.
  [[nodiscard]] JobReport report() const;

 private:
  friend class TableSinkWriter;
  class Impl;

  std::unique_ptr<Impl> impl_;
};

/// Writes into a TableSink from one thread: the hook of a stage, one for each worker.
class LEAT_EXPORT TableSinkWriter {
 public:
  /// The writer takes part in the sink's run from here on. Does not connect yet. @throws Error (config) if
  /// the run has ended for others already.
  void begin(const std::stop_token& stop);

  /// The target's columns of these names, as rows of values must have them; of none: those of the options.
  /// Between begin() and the first write().
  /// @throws Error (config) for a column that the target lacks.
  [[nodiscard]] std::shared_ptr<const Schema> schema(const std::vector<std::string>& names,
                                                     const std::stop_token& stop);

  /// Writes the rows of a batch. All batches of a run have the same columns. The first one is matched with
  /// the table. @throws Error (target), after which nothing of the transaction is there; (config) if the
  /// columns do not fit. @throws Stopped.
  void write(const RowBatch& rows, const std::stop_token& stop);
  /// Where each item is committed (CommitPoint::item): commits what was written since the last call.
  /// Otherwise it does nothing.
  void flush(const std::stop_token& stop);
  /// The last call. Where items are committed by themselves it only ends the writer's part. Otherwise `done`
  /// waits until every writer of the run has come to its end(), so several writers need a thread each; the
  /// last one commits all rows, and all return, or throw the same. Another outcome of one is a failure for
  /// all, and does not wait.
  /// @throws Error: nothing is committed, unless in_doubt().
  void end(WorkOutcome outcome);

  // As a hook of a stage

  [[nodiscard]] CommitPoint commit_point() const noexcept { return sink_->commit_point(); }
  void operator()(WorkItem<RowBatch>& item, const std::stop_token& stop) {
    as_hook([&] {
      write(*item, stop);
      flush(stop);
    });
  }
  void operator()(Batch<RowBatch> items, const std::stop_token& stop) {
    as_hook([&] {
      for (const WorkItem<RowBatch>& item : items) write(item.payload(), stop);
      flush(stop);
    });
  }

 private:
  friend class TableSink;
  template <RowValue T>
  friend class CopySinkWriter;
  explicit TableSinkWriter(TableSink& sink) : sink_(&sink) {}

  /// Runs what writes for an item. @throws RunFailure if no other item can be written either.
  template <class Body>
  void as_hook(const Body& body) {
    try {
      body();
    } catch (...) {
      std::rethrow_exception(as_hook_error(std::current_exception()));
    }
  }
  [[nodiscard]] std::exception_ptr as_hook_error(std::exception_ptr thrown) const;

  TableSink* sink_;
  std::size_t number_ = 0;  // among the writers of the run
  std::stop_token stop_;    // for end()
};

}  // namespace leat
