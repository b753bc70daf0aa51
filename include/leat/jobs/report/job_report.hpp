#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
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
[[nodiscard]] LEAT_EXPORT std::string_view to_string(JobStatus status);

/// Rows that a row hook has written into a table beside the target.
struct RowsBeside {
  std::string table;
  std::uint64_t rows = 0;
};

/// What an incremental load has done with its watermark.
struct WatermarkMove {
  std::string name{};
  std::string column{};
  std::optional<std::string> before{};  ///< nullopt: there was none
  std::optional<std::string> after{};   ///< where it is now; of a backfill nullopt, since it stays
  std::string rows{};                   ///< which rows were read, for people
};

/// The result of a finished job.
///
/// Invariant: rows_read + rows_added = rows_written + rows_unchanged + rows_superseded + rows_dropped +
/// rows_rejected + rows_suppressed. It is checked against the counts of both servers.
struct LEAT_EXPORT JobReport {
  JobStatus status = JobStatus::done;
  std::string source{};  ///< what was read, without secrets
  std::string target{};
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;  ///< rows_inserted + rows_updated
  std::uint64_t rows_inserted = 0;
  std::uint64_t rows_updated = 0;
  std::uint64_t rows_unchanged = 0;   ///< the target already had these rows and kept them as they were
  std::uint64_t rows_superseded = 0;  ///< a later row of the source had the same key
  /// Old rows that were removed; nullopt if TRUNCATE removed them, since TRUNCATE does not count.
  std::optional<std::uint64_t> rows_deleted = 0;
  /// Rows that were read, of which the row hook has written none; of transforms in the target, by how many
  /// fewer rows they have made.
  std::uint64_t rows_dropped = 0;
  /// By a row hook that writes several rows for one: those beyond the first of each. Of a job with a ledger,
  /// as with rows_dropped, by this process in its last attempt; rows of others count as read. Of transforms
  /// in the target: by how many more they have made.
  std::uint64_t rows_added = 0;
  /// For each table beside that a row hook has declared, in its order. Of a job with a ledger: by this
  /// process in its last attempt.
  std::vector<RowsBeside> rows_beside{};
  std::uint64_t rows_rejected = 0;
  std::uint64_t rows_suppressed = 0;  ///< left out by the target, if that is allowed
  ByteCount bytes_read{};             ///< of row data, without framing
  ByteCount bytes_written{};
  std::chrono::nanoseconds elapsed{};  ///< from the start of run() to the end of the commit
  /// How long the writer waited for rows. If it is larger than waited_for_target, the source is the slow
  /// side.
  std::chrono::nanoseconds waited_for_source{};
  /// How long the reader waited for room. If it is larger than waited_for_source, the target is the slow
  /// side.
  std::chrono::nanoseconds waited_for_target{};
  /// The largest number of batches that waited between reader and writer.
  std::size_t most_batches_waiting = 0;
  std::size_t slices_total = 0;    ///< if the table was cut into slices that are written one by one
  std::size_t slices_done = 0;     ///< by this run
  std::size_t slices_skipped = 0;  ///< done by an earlier run of the same job
  std::size_t slices_retried = 0;  ///< attempts that failed and were repeated
  /// True if all rows were read in one snapshot.
  bool consistent = true;
  FormatChoice format{};
  std::optional<WatermarkMove> watermark{};  ///< of an incremental load
  std::vector<std::string> remarks{};        ///< other things that were done, or could not be done

  [[nodiscard]] double seconds() const;
  [[nodiscard]] double rows_per_second() const;
  [[nodiscard]] double bytes_per_second() const;
};

/// One column of a plan.
struct PlannedColumn {
  std::string name;
  std::string source_type;
  std::string target_type;
  std::string how{};  ///< if the bytes do not pass unchanged: "converted by the source", …
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
  /// All known reasons against the job, and what the user should know before it runs. If one of them is an
  /// error, run() would throw that error, and the parts of the plan that could not be determined stay empty.
  std::vector<Finding> findings{};
};

/// The report as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const JobReport& report);
/// The report for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const JobReport& report);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const JobReport& report);
/// The plan as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const JobPlan& plan);
/// The plan for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const JobPlan& plan);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const JobPlan& plan);
/// Several plans as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const std::vector<JobPlan>& plans);
/// The failure as one JSON object of the same shape as a report: status, kind, side, sqlstate, message, … and
/// the counts of Error::work(): `rows_written` went to the target, `rows_committed` stand there.
[[nodiscard]] LEAT_EXPORT std::string to_json(const Error& error);

}  // namespace leat
