#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

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

}  // namespace leat
