#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/progress.hpp"
#include "leat/jobs/options/delivery.hpp"
#include "leat/jobs/options/inheritance.hpp"
#include "leat/jobs/options/large_object_mode.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/options/table_rename.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// The progress of a CopyTables job.
struct TablesProgress {
  struct Running {
    std::string table;
    Progress progress;
  };
  /// Of all tables together.
  Progress total{};
  std::size_t tables = 0;
  std::size_t tables_ended = 0;   ///< copied or failed
  std::size_t tables_failed = 0;  ///< the part of `tables_ended` that was not copied
  std::vector<Running> running{};
};

/// Receives the progress, on the thread that called run(). An exception from it ends the job.
using TablesProgressCallback = std::function<void(const TablesProgress&)>;

/// A function of your own that runs in the transaction that loads these tables of the target, before its
/// COMMIT, on a thread of the job. It must not end that transaction. An exception from it ends the load of
/// these tables, and nothing of them is committed.
using TablesHook = std::function<void(Connection& target, const std::vector<TableName>& tables,
                                      const std::stop_token& stop)>;

/// Options of CopyTables: which tables to copy, and how.
struct CopyTablesOptions {
  // Behaviour

  /// Where to connect: `"postgresql://etl@db1/shop"`, or an id: `factory.resolve("shop")`.
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// Patterns that choose the tables (see TablePattern): `{"sales.*", "orders"}`. Each table is copied into
  /// the target's table of the same name, unless `to_schema` or `rename_tables` says otherwise. That table
  /// must exist, unless `stream.create` makes it.
  std::vector<std::string> include{};
  /// Patterns of tables to leave out of those in `include`: `{"sales.tmp_*"}`.
  std::vector<std::string> exclude{};
  /// The schema of the target for all tables, as in SQL: `archive`. Empty: that of the source's name.
  std::string to_schema{};
  /// Tables that have another name in the target. The first one that fits a table counts. One that fits no
  /// table is an error, and so are two tables that would arrive in one.
  std::vector<TableRename> rename_tables{};
  /// Columns that get values by SQL of your own. The first one that fits a column counts. A pattern of tables
  /// means those that have the column, on either side; if none has, that is an error.
  std::vector<TableColumnMap> map{};
  /// Columns of the source that are not copied, each after a pattern of tables and a dot:
  /// `{"sales.orders.note",
  /// "*.*.tmp_*"}`. One that fits no column is an error.
  std::vector<std::string> exclude_columns{};
  WriteMode mode = WriteMode::replace;
  /// What is copied of a table that others inherit from. `tree`: its rows and theirs, and they are then not
  /// copied as tables of their own. `refuse`: its own rows if all tables that inherit from it are chosen,
  /// too, so that every row comes once; an error otherwise.
  Inheritance inheritance = Inheritance::refuse;
  /// With a name (`delivery.job`) each table is a job of its own, called "name/schema.table", that keeps what
  /// it has done in the target's ledger: the same run again goes on with those that are not done, and copies
  /// none twice. Tables then are not loaded together: those that foreign keys join one after the other,
  /// parents first, and not by replace or swap, unless triggers are disabled.
  Delivery delivery{};
  /// See TableSelection::large_objects.
  LargeObjectMode large_objects = LargeObjectMode::stay;
  TablesProgressCallback on_tables_progress{};
  /// A snapshot that a session of yours has exported on the source (pg_export_snapshot()): the tables are
  /// listed and read in it. That session must keep its transaction open until run() has ended, and should
  /// hold locks on the tables since before the snapshot. Empty: the job takes its own. If the snapshot is
  /// gone, run() throws an Error (source, 08003). Cannot be used with delivery.job.
  std::string snapshot{};
  /// Runs once for each transaction that loads tables, several at the same time. Cannot be used with
  /// delivery.job.
  TablesHook before_commit{};

  // Behaviour and performance

  /// These options apply to each table, with two exceptions: `memory` is shared by all tables, and
  /// `on_progress` is not called.
  StreamOptions stream{};

  // Performance

  /// How many tables are copied at the same time. Each uses two sessions and its share of the memory. From 1
  /// to 64. Over a slow link more of them wait at the same time (docs/scale.md).
  std::size_t jobs = 2;
};

}  // namespace leat
