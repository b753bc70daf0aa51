#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leat/data/store/store_registry.hpp"
#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/delivery.hpp"
#include "leat/jobs/options/incremental.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/options/table_selection.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat {

/// Which sessions may rest while a job that has a name runs.
struct RestingSessions {
  bool readers = false;
  bool writers = false;
};

/// What becomes of rows of the target that are not of those that TableSelection::where means, in the modes
/// that remove all old rows (replace and swap).
enum class RowsOutside {
  remove,  ///< they go like all old rows
  refuse,  ///< if there are any, the job is refused before the start
};

/// What CopyTable copies, and how.
struct CopyTableOptions {
  // Behaviour

  ResolvedConnection source{};
  ResolvedConnection target{};
  /// Stores of other kinds that `source` may be one of (ResolvedConnection::of_store).
  StoreRegistry stores{};
  /// Which table goes where. The target's must exist unless `stream.create` has it made.
  TableSelection table{};
  WriteMode mode = WriteMode::replace;
  /// With `table.where` only. `leat copy-table` has `refuse` unless its user names the mode. To find them the
  /// target is read once with the same condition; where it has other columns every old row counts as one.
  RowsOutside rows_outside = RowsOutside::remove;
  /// Columns of the target that tell its rows apart, for the modes that match rows. Empty: its primary key.
  std::vector<std::string> key{};
  /// Reads, drops and rewrites rows on the way. A hook needs leat/transform/transform.hpp.
  Transform transform{};
  /// What other processes call that hook, which are to join the job (JobRegistry::join). Empty: none can.
  std::string transform_name{};
  /// Reads what is new since the load before, by a watermark that is committed with the rows. Not set: all
  /// rows. incremental.hpp, docs/incremental.md.
  std::optional<IncrementalOptions> incremental{};

  // Behaviour and performance

  StreamOptions stream{};
  Delivery delivery{};

  // Performance

  /// Sessions that read the table at the same time, each a range of its pages at a time, all in one snapshot.
  /// Rows then come in no particular order. Partitioned tables are cut leaf by leaf, tables of servers before
  /// PostgreSQL 14 by ranges of a key. One session reads what cannot be cut (views, foreign tables); the
  /// plan's remarks tell. From 1 to 64. Zero: one, and where the job has a ledger as many as the machine has
  /// cores, up to 8.
  std::size_t readers = 0;
  /// Sessions that write into the target at the same time. Where the job has a name (`delivery.job`) each
  /// takes a slice at a time. Without one those of an append have one transaction each, which commit one
  /// after the other when all rows are there: should the server fail between two of these commits, some of
  /// the rows are there. In all other modes, and with options that need one commit (verify, max_rejects,
  /// before_commit, indexes that are rebuilt), they collect slices beside the table, which are then published
  /// in one transaction. docs/combinations.md has a table. From 1 to 64. Zero: as with readers.
  std::size_t writers = 0;
  /// Begins with half of those, at least two, and changes how many work by where time is waited: where
  /// writers cannot keep up more of them write, or fewer read, and the other way round. For those that are
  /// zero it is always so; only in jobs that have a name.
  RestingSessions may_rest{};
  /// Bytes of the table that one of several readers takes at a time. Zero: chosen by the table's size.
  ByteCount slice_bytes{};
  /// Threads that run the row hook at the same time, at least one for each reader, each on a hook of its own:
  /// a copy of the callable, or what its factory makes. The hook runs on these threads alone. With more than
  /// one for a reader, rows come in no particular order. From 1 to 64.
  std::size_t transform_workers = 1;
};

}  // namespace leat
