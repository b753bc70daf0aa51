#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/core/progress.hpp"
#include "leat/jobs/job_report.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/connection_factory.hpp"

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

/// What became of one table.
struct CopiedTable {
  std::string table{};
  JobReport report{};            ///< of a table that was copied
  std::optional<Error> error{};  ///< of one that was not; its old rows stand
};

/// What became of all of them.
struct CopyTablesReport {
  /// done; failed where a table was not copied; cancelled after a stop request.
  JobStatus status = JobStatus::done;
  std::vector<CopiedTable> tables{};  ///< by name
  std::uint64_t rows_written = 0;
  ByteCount bytes_written{};
  std::chrono::nanoseconds elapsed{};
  std::vector<std::string> remarks{};  ///< what the patterns left out of tables that they chose

  [[nodiscard]] std::size_t failed() const;
  /// The first table's error, for an exit code; nullopt where all were copied.
  [[nodiscard]] std::optional<Error> first_error() const;
};

/// The report as one JSON object.
[[nodiscard]] std::string to_json(const CopyTablesReport& report);

/// Copies many tables, all from one snapshot.
///
/// Tables that foreign keys join are loaded in one transaction, parents first; every other table in one of
/// its own, the largest first. So what was joined is replaced as a whole or not at all, and one table's
/// failure does not hide the others'. An object may run again; one object runs once at a time.
class CopyTables {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit CopyTables(CopyTablesOptions options);

  /// Connects, looks at every table on both sides, and tells what run() would do, a plan for each in the
  /// order in which they would start. Changes nothing.
  [[nodiscard]] std::vector<JobPlan> plan(std::stop_token stop = {}) const;

  /// Copies. A table's failure is in the report; it throws only where nothing could begin, as CopyTable::run
  /// does.
  CopyTablesReport run(std::stop_token stop = {}) const;

 private:
  CopyTablesOptions options_;
};

}  // namespace leat
