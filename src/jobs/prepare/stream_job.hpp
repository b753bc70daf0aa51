#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/indexes/index_rebuild.hpp"
#include "jobs/load/load_target.hpp"
#include "jobs/match/column_match.hpp"
#include "jobs/options/job_counters.hpp"
#include "jobs/prepare/row_source.hpp"
#include "jobs/prepare/slice.hpp"
#include "jobs/schema/target_creation.hpp"
#include "jobs/survey/source_transaction.hpp"
#include "jobs/survey/survey.hpp"
#include "jobs/verify/load_verification.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat::jobs_detail {

/// A job's two sessions, which it may share with the jobs before and after it.
struct JobSessions {
  std::shared_ptr<Connection> source{};  ///< in the transaction that has the snapshot
  std::shared_ptr<Connection> target{};  ///< in the transaction of the load
};

/// What a job is given besides its options, where it is one of many. What is null is opened or looked up.
struct JobContext {
  JobSessions sessions{};
  const ServerFacts* source_server = nullptr;
  const ServerFacts* target_server = nullptr;
  const TableFacts* source_table = nullptr;
  const TableFacts* target_table = nullptr;
  std::optional<bool> same_database{};  ///< whether both sides are one
  std::vector<Oid> emptied_together{};  ///< tables of the target that are loaded in the same transaction
  std::size_t number = 0;               ///< among these
  bool is_joined = false;               ///< there are others, so that whoever runs them publishes and commits
  bool plans_only = false;              ///< nothing is to be run, so that waiting for locks is not worth it
};

/// What both sides of a job were found to be: all that is known before the first row. The members that use
/// the sessions stand below them.
struct PreparedStream {
  SteadyClock::time_point started = SteadyClock::now();
  std::shared_ptr<Connection> source_session;
  std::shared_ptr<Connection> target_session;
  ServerFacts source_server;
  ServerFacts target_server;
  bool commits = true;     // at its end; else whoever owns the target's session does
  bool publishes = true;   // what is staged, at its end; else whoever loads it together with others does
  std::size_t number = 0;  // among these
  TargetCreation creation;
  ColumnMatch columns;
  std::shared_ptr<const Schema> schema;
  LoadSetup setup;
  std::unique_ptr<LoadTarget> load;                // null where the plan has an error
  std::shared_ptr<IndexRebuild> indexes;           // null where they are no concern of the job
  std::shared_ptr<LoadVerification> verification;  // null where none is asked for
  std::unique_ptr<RowSource> rows;
  std::optional<SlicedTable> slices;  // where more than one thread reads or runs the row hook
  std::optional<std::uint64_t> rows_expected;
  JobPlan plan;

  /// Both databases have no encoding, so that nothing is known of text.
  [[nodiscard]] bool passes_text() const {
    return source_server.encoding == "SQL_ASCII" && target_server.encoding == "SQL_ASCII";
  }
};

/// Names of objects are written with their schema, but for those of pg_catalog.
inline constexpr const char* qualify_sql = "SET LOCAL search_path = pg_catalog";

/// A session for one side of a job, where answers to statements on catalogs may take that long.
[[nodiscard]] std::shared_ptr<Connection> connect(
    const ResolvedConnection& where, ErrorKind side, const StreamOptions& options, std::stop_token stop,
    std::chrono::milliseconds reply_timeout = SessionOptions().reply_timeout);

/// Connects with the target, where there is no session with it yet, and looks at the server and the table
/// there, in the transaction of the load; nullopt where it cannot be loaded, which is then among the plan's
/// findings. Where the options say so, `model` tells how to make what is missing there.
[[nodiscard]] std::optional<TableFacts> open_target(PreparedStream& stream, const ResolvedConnection& where,
                                                    const TableName& table, WriteMode mode,
                                                    const StreamOptions& options, const JobContext& context,
                                                    const ReadModel& model, const std::stop_token& stop);

/// Matches these columns with the target's, decides on the format, and fills columns, schema and load, and
/// the plan's columns, format, target statements, remarks and findings.
void prepare_target(PreparedStream& stream, TableFacts target, const std::vector<SourceColumn>& columns,
                    Writing writing, const Transform& transform, const StreamOptions& options,
                    const std::stop_token& stop);

/// Has the load compared with the source before the commit. `from` is what may stand after FROM; names of
/// objects are printed with their schema where nothing else is looked up by name.
void prepare_verification(PreparedStream& stream, const std::vector<SourceColumn>& columns, WriteMode mode,
                          const std::string& from, const std::string& where, bool qualify_names,
                          const std::stop_token& stop);

/// Runs `prepare`; a stop becomes an Error (cancelled).
[[nodiscard]] PreparedStream prepare_stream(const std::function<PreparedStream()>& prepare);
/// The same for a job that is to run: @throws the plan's errors.
[[nodiscard]] PreparedStream prepare_run(const std::function<PreparedStream()>& prepare);

/// Where several transactions write: commits what was made, with all that belongs to it, so that each sees
/// it. No transaction of the target is open then.
void share_creation(PreparedStream& stream, const std::stop_token& stop);
/// Before the first row reaches the target or a table beside it: drops indexes and constraints as planned, or
/// brings back those that an earlier run has left dropped.
void before_rows(PreparedStream& stream, const std::stop_token& stop);
/// After the last row: ends the COPY, and where the stream publishes does what comes before the commit.
[[nodiscard]] LoadCounts finish_load(PreparedStream& stream, const std::stop_token& stop);
/// What comes between the publishing and the commit.
[[nodiscard]] LoadCounts complete_load(PreparedStream& stream, const std::stop_token& stop);

/// Moves the rows: one reader and one writer, with a monitor between them.
[[nodiscard]] JobReport run_stream(PreparedStream& stream, const Transform& transform,
                                   const StreamOptions& options, const std::stop_token& stop);

/// The report of a job whose rows are there.
[[nodiscard]] JobReport finished_report(const PreparedStream& stream, const JobCounters& counters,
                                        const LoadCounts& counts);
/// Takes in what became of the rows, and what was done besides.
void complete_report(JobReport& report, const PreparedStream& stream, const LoadCounts& counts);

/// For the rest of the transaction. Between two databases of no encoding nothing is known of text.
void pass_text_as_it_is(Connection& session, const std::stop_token& stop);

void log_start(const PreparedStream& stream, const StreamOptions& options);
[[noreturn]] void throw_cancelled();

}  // namespace leat::jobs_detail
