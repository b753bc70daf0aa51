#pragma once

#include <string>
#include <vector>

#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/pipeline/pipeline_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Options of TableSink and CopySink: which table the rows go to, and how.
struct TableSinkOptions {
  // Behaviour

  /// Where to connect: `ConnectionFactory{}.resolve("postgresql://etl@db2/warehouse")`.
  ResolvedConnection target{};
  /// The table: `sales.orders`. It must exist, unless `stream.create` makes it, which needs rows that say
  /// their types: batches.
  std::string to{};
  WriteMode mode = WriteMode::append;
  /// Columns of the target that tell its rows apart, for the modes that match rows. Empty: its primary key.
  std::vector<std::string> key{};
  /// The target's columns that rows have, in their order: for tuples. Empty: all that can be written. Batches
  /// and types with Columns have names of their own.
  std::vector<std::string> columns{};
  /// Which rows are one transaction:
  ///
  /// - run: all of them, by one session, whichever worker they come from. All modes.
  /// - worker: those of a worker, by a session of its own; all are committed one after the other when every
  ///   worker has done all items. Should the server fail between two of these commits, some of the rows are
  ///   there. Two workers' rows of one key wait for each other until lock_timeout. For append.
  /// - item: those of an item, or of a batch of items, by a session of each worker. They are committed before
  ///   the item is done, and stay if a later one fails. For append, upsert, insert_missing and delete_insert.
  CommitPoint commit = CommitPoint::run;

  // Behaviour and performance

  /// As of other jobs, but for what is of the whole of a job: `verify`, `on_progress`, `budget`. What needs
  /// one transaction (`max_rejects`, `before_commit`, `indexes`) needs CommitPoint::run. Of the memory a sink
  /// uses `batch_bytes` for each worker; what waits before it is bounded by the pipeline.
  StreamOptions stream{};
};

}  // namespace leat
