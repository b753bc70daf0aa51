#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/error.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/report/row_format.hpp"

namespace leat {

/// How a job ended.
enum class JobStatus {
  done,
  done_with_rejects,
  failed,
  cancelled,
};

/// "done", "done_with_rejects", "failed" or "cancelled".
[[nodiscard]] std::string_view to_string(JobStatus status);

/// What a finished job returns. rows_read = rows_written + rows_unchanged + rows_superseded + rows_dropped +
/// rows_rejected + rows_suppressed, checked against both servers' own counts.
struct JobReport {
  JobStatus status = JobStatus::done;
  std::string source{};  ///< where from, without secrets
  std::string target{};
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;  ///< rows_inserted + rows_updated
  std::uint64_t rows_inserted = 0;
  std::uint64_t rows_updated = 0;
  std::uint64_t rows_unchanged = 0;   ///< the target had them, and keeps them as they were
  std::uint64_t rows_superseded = 0;  ///< a later row of the source had the same key
  /// Old rows that are gone; nullopt where TRUNCATE took them, which does not count.
  std::optional<std::uint64_t> rows_deleted = 0;
  std::uint64_t rows_dropped = 0;  ///< by the row hook
  std::uint64_t rows_rejected = 0;
  std::uint64_t rows_suppressed = 0;  ///< by the target, where that is allowed
  ByteCount bytes_read{};             ///< of row data, without framing
  ByteCount bytes_written{};
  std::chrono::nanoseconds elapsed{};  ///< from the start of run() to the end of the commit
  /// The writer waited this long for rows: the source is the slow side where this is the larger one.
  std::chrono::nanoseconds waited_for_source{};
  /// The reader waited this long for room: the target is the slow side where this is the larger one.
  std::chrono::nanoseconds waited_for_target{};
  /// The most batches that stood between the two.
  std::size_t most_batches_waiting = 0;
  std::size_t slices_total = 0;    ///< where the table was cut into slices that are written one by one
  std::size_t slices_done = 0;     ///< by this run
  std::size_t slices_skipped = 0;  ///< done by an earlier run of the same job
  std::size_t slices_retried = 0;  ///< attempts that failed and were repeated
  /// All rows were read in one snapshot.
  bool consistent = true;
  FormatChoice format{};
  std::vector<std::string> remarks{};  ///< what was done besides, or could not be

  [[nodiscard]] double seconds() const;
  [[nodiscard]] double rows_per_second() const;
  [[nodiscard]] double bytes_per_second() const;
};

/// One column of a plan.
struct PlannedColumn {
  std::string name;
  std::string source_type;
  std::string target_type;
  std::string how{};  ///< where it is not by the same bytes: "converted by the source", …
};

/// What a job would do.
struct JobPlan {
  std::string source{};
  std::string target{};
  std::vector<PlannedColumn> columns{};
  FormatChoice format{};
  std::vector<std::string> source_sql{};
  std::vector<std::string> target_sql{};
  std::vector<std::string> remarks{};
  /// All that is known to stand against the job, and what a user should know before it runs. Where there is
  /// an error, run() would throw it, and what the plan cannot know stays empty.
  std::vector<Finding> findings{};
};

/// The report as one JSON object.
[[nodiscard]] std::string to_json(const JobReport& report);
/// The plan as one JSON object.
[[nodiscard]] std::string to_json(const JobPlan& plan);
/// Several plans as one JSON object.
[[nodiscard]] std::string to_json(const std::vector<JobPlan>& plans);
/// The failure as one JSON object of the same shape as a report: status, kind, side, sqlstate, message, … The
/// counts are those of rows that stand in the target, so zero.
[[nodiscard]] std::string to_json(const Error& error);

}  // namespace leat
