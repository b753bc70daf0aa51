#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "jobs/indexes/index_rebuild.hpp"
#include "jobs/load/large_objects.hpp"
#include "jobs/load/table_load.hpp"
#include "jobs/match/column_match.hpp"
#include "jobs/prepare/incremental_bounds.hpp"
#include "jobs/prepare/slice.hpp"
#include "jobs/schema/target_creation.hpp"
#include "jobs/survey/source_transaction.hpp"
#include "jobs/survey/survey.hpp"
#include "jobs/verify/load_verification.hpp"
#include "leat/data/store/row_source.hpp"
#include "leat/data/store/unit_source.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::jobs_detail {

struct ShapedSchemas;

/// A job's two sessions, which it may share with the jobs before and after it.
struct JobSessions {
  std::shared_ptr<Connection> source{};  ///< in the transaction that has the snapshot
  std::shared_ptr<Connection> target{};  ///< in the transaction of the load
};

/// What a job is given besides its options, where it is one of many. What is null is opened or looked up.
struct JobContext {
  JobSessions sessions{};
  KnownFacts source{};
  KnownFacts target{};
  std::optional<std::string> snapshot{};  ///< another one's, in which the source is to be read
  /// Opens a session with the target; null: connect().
  std::function<std::shared_ptr<Connection>()> open_target{};
  std::vector<Oid> emptied_together{};  ///< tables of the target that are loaded in the same transaction
  std::size_t number = 0;               ///< among these
  std::vector<TableName> taken{};       ///< names in the target that others of them will take
  bool is_joined = false;               ///< there are others, so that whoever runs them publishes and commits
  bool plans_only = false;              ///< nothing is to be run, so that waiting for locks is not worth it
};

/// What both sides of a job were found to be: all that is known before the first row. The members that use
/// the sessions stand below them.
struct PreparedLoad {
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  std::shared_ptr<Connection> source_session;
  std::shared_ptr<Connection> target_session;
  ServerFacts source_server;
  ServerFacts target_server;
  bool is_joined = false;  // loaded together with others, by whoever owns the target's session
  std::size_t number = 0;  // among these
  // The rows will be there as soon as they are asked for, so that the target need not wait for the first one.
  bool begins_at_once = false;
  TargetCreation creation;
  ColumnMatch columns;
  std::shared_ptr<const Schema> schema;         // of the rows that are read
  std::shared_ptr<const ShapedSchemas> shapes;  // null unless a row hook changes the shape of rows
  LoadSetup setup;
  std::unique_ptr<TableLoad> load;                 // null where the plan has an error
  std::shared_ptr<IndexRebuild> indexes;           // null where they are no concern of the job
  std::shared_ptr<LoadVerification> verification;  // null where none is asked for
  std::shared_ptr<LargeObjects> objects;           // null where none are copied along
  std::unique_ptr<RowSource> rows;
  std::shared_ptr<UnitSource> store_units;  // of another store, instead of rows and slices
  std::optional<SlicedTable> slices;        // where more than one thread reads or runs the row hook
  std::optional<std::uint64_t> rows_expected;
  std::optional<IncrementalBounds> incremental;  // which rows are new, where no others are read
  JobPlan plan;

  /// Whether both sides are one, when both servers have been looked at.
  [[nodiscard]] bool is_one_database() const { return source_server.database == target_server.database; }
  /// Both databases have no encoding, so that nothing is known of text.
  [[nodiscard]] bool passes_text() const {
    return source_server.encoding == "SQL_ASCII" && target_server.encoding == "SQL_ASCII";
  }
  /// The source's text is read as it is, whatever it is. What is no text is then refused by the target, which
  /// tells the row and the column, and not by the source, which tells neither.
  [[nodiscard]] bool reads_bytes() const {
    return source_server.encoding == "SQL_ASCII" && (passes_text() || !columns.holds_xml);
  }
};

/// Runs `prepare` for a job that is to run. @throws the plan's errors; Error (cancelled) after a stop.
[[nodiscard]] PreparedLoad prepare_run(const std::function<PreparedLoad()>& prepare);

void log_start(const PreparedLoad& stream, const StreamOptions& options);
}  // namespace leat::jobs_detail
