#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

/// The result for one table.
struct CopiedTable {
  std::string table{};
  std::string target{};          ///< the target's name of it
  JobReport report{};            ///< if the table was copied
  std::optional<Error> error{};  ///< if the table was not copied; its old rows are still there
  /// When it began, after the begin of the job, and how long it was at work, with tables that it was
  /// committed with. Zero: it was not begun.
  std::chrono::nanoseconds begun{};
  std::chrono::nanoseconds elapsed{};
};

/// The results of all tables.
struct LEAT_EXPORT CopyTablesReport {
  /// done; failed if a table was not copied; cancelled after a stop request.
  JobStatus status = JobStatus::done;
  std::vector<CopiedTable> tables{};  ///< by name
  std::uint64_t rows_written = 0;
  ByteCount bytes_written{};
  std::chrono::nanoseconds elapsed{};
  std::vector<std::string> remarks{};  ///< parts of the chosen tables that the patterns left out

  /// How many tables were not copied.
  [[nodiscard]] std::size_t failed() const;
  /// The error of the first table that failed, for an exit code; nullopt if all tables were copied.
  [[nodiscard]] std::optional<Error> first_error() const;
};

/// The report as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const CopyTablesReport& report);
/// The report for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const CopyTablesReport& report);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const CopyTablesReport& report);

}  // namespace leat
