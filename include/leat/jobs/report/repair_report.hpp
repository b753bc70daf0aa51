#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

/// What became of one index or constraint.
enum class RepairOutcome {
  restored,    ///< it is there again, as it was
  exists,      ///< it is there again, with the same definition; its record is removed
  table_gone,  ///< the table has been dropped; its record is removed
  in_use,      ///< a load that has dropped it is at work, and will bring it back
  failed,      ///< it is missing, and still in the record
};

/// "restored", "exists", "table_gone", "in_use" or "failed".
[[nodiscard]] std::string_view to_string(RepairOutcome outcome);

/// One index or constraint that was in the record.
struct RepairedObject {
  std::string table{};
  std::string kind{};  ///< "index", "unique constraint", "exclusion constraint" or "foreign key"
  std::string name{};
  RepairOutcome outcome = RepairOutcome::failed;
  std::chrono::nanoseconds elapsed{};
  std::optional<Error> error{};  ///< of one that failed or is in use
};

/// What a repair did.
struct RepairReport {
  /// done; failed where an object is still missing.
  JobStatus status = JobStatus::done;
  std::string target{};
  std::vector<RepairedObject> objects{};  ///< empty where nothing was missing
  std::chrono::nanoseconds elapsed{};

  /// Those that are still missing.
  [[nodiscard]] std::size_t missing() const;
  /// The first one's error, for an exit code; nullopt where none is missing.
  [[nodiscard]] std::optional<Error> first_error() const;
};

/// The report as one JSON object.
[[nodiscard]] std::string to_json(const RepairReport& report);

}  // namespace leat
