#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "leat/core/progress.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// How far a CopyTables is.
struct TablesProgress {
  struct Running {
    std::string table;
    Progress progress;
  };
  Progress total{};
  std::size_t tables = 0;
  std::size_t tables_ended = 0;   ///< copied or failed
  std::size_t tables_failed = 0;  ///< of those, the ones that were not copied
  std::vector<Running> running{};
};

/// Receives the progress on the thread that called run(). What it throws ends the job.
using TablesProgressCallback = std::function<void(const TablesProgress&)>;

/// What CopyTables copies, and how.
struct CopyTablesOptions {
  // Behaviour

  ResolvedConnection source{};
  ResolvedConnection target{};
  /// Which tables, see TablePattern: `sales.*`, `orders`. Each goes into the table of its name, which must
  /// exist unless `stream.create` has it made.
  std::vector<std::string> include{};
  /// Of those, all but these.
  std::vector<std::string> exclude{};
  WriteMode mode = WriteMode::replace;
  TablesProgressCallback on_tables_progress{};

  // Behaviour and performance

  /// For each table, but its memory is for all of them together. Its on_progress is not called.
  StreamOptions stream{};

  // Performance

  /// Tables that are copied at the same time, each by two sessions and with its share of the memory. From 1
  /// to 64.
  std::size_t jobs = 2;
};

}  // namespace leat
