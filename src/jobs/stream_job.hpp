#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/load_target.hpp"
#include "jobs/row_source.hpp"
#include "leat/jobs/job_report.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/connection_factory.hpp"

namespace leat::jobs_detail {

/// What both sides of a job were found to be: all that is known before the first row. Owns the job's two
/// sessions; the members that use them stand below them.
struct PreparedStream {
  std::unique_ptr<Connection> source_session;
  std::unique_ptr<Connection> target_session;
  std::shared_ptr<const Schema> schema;
  std::unique_ptr<LoadTarget> load;
  std::unique_ptr<RowSource> rows;
  std::optional<std::uint64_t> rows_expected;
  JobPlan plan;
};

/// A session for one side of a job.
[[nodiscard]] std::unique_ptr<Connection> connect(const ResolvedConnection& where, ErrorKind side,
                                                  const StreamOptions& options, std::stop_token stop);

/// Opens the target's side for these source columns, decides on the format, and fills schema, load and the
/// plan's columns, format, target statements and remarks.
void prepare_target(PreparedStream& stream, const TableName& table, const std::vector<TableColumn>& columns,
                    WriteMode mode, const Transform& transform, const StreamOptions& options,
                    std::stop_token stop);

/// Runs `prepare` and then moves the rows: reader and writer, with a monitor between them.
[[nodiscard]] JobReport run_stream(const std::function<PreparedStream(std::stop_token)>& prepare,
                                   const Transform& transform, const StreamOptions& options,
                                   std::stop_token stop);

/// Runs `prepare` for its plan; a stop becomes an Error (cancelled).
[[nodiscard]] JobPlan plan_stream(const std::function<PreparedStream(std::stop_token)>& prepare,
                                  std::stop_token stop);

}  // namespace leat::jobs_detail
