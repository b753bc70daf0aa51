#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "leat/core/progress.hpp"
#include "leat/jobs/options/inheritance.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"

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

/// Options of CopyTables: which tables to copy, and how.
struct CopyTablesOptions {
  // Behaviour

  /// Where to connect: `ConnectionFactory{}.resolve("postgresql://etl@db1/shop")`.
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// Patterns that choose the tables (see TablePattern): `{"sales.*", "orders"}`. Each table is copied into
  /// the target's table of the same name. That table must exist, unless `stream.create` makes it.
  std::vector<std::string> include{};
  /// Patterns of tables to leave out of those in `include`: `{"sales.tmp_*"}`.
  std::vector<std::string> exclude{};
  WriteMode mode = WriteMode::replace;
  /// What is copied of a table that others inherit from. `tree`: its rows and theirs, and they are then not
  /// copied as tables of their own. `refuse`: its own rows if all tables that inherit from it are chosen,
  /// too, so that every row comes once; an error otherwise.
  Inheritance inheritance = Inheritance::refuse;
  /// See TableSelection::large_objects.
  bool large_objects = false;
  TablesProgressCallback on_tables_progress{};

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
