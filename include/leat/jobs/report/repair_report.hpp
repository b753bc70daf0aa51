#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

/// What happened to one index or constraint.
enum class RepairOutcome {
  restored,    ///< it was created again, as it was
  exists,      ///< it already existed, with the same definition; its record is removed
  table_gone,  ///< the table was dropped; its record is removed
  in_use,      ///< the load that dropped it is still running, and will restore it
  failed,      ///< it is missing, and still in the record
};

/// "restored", "exists", "table_gone", "in_use" or "failed".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(RepairOutcome outcome);

/// One index or constraint that was in the record.
struct RepairedObject {
  std::string table{};
  std::string kind{};  ///< "index", "unique constraint", "exclusion constraint" or "foreign key"
  std::string name{};
  RepairOutcome outcome = RepairOutcome::failed;
  std::chrono::nanoseconds elapsed{};
  std::optional<Error> error{};  ///< if it failed or is in use
};

/// The result of a repair.
struct LEAT_EXPORT RepairReport {
  /// done; failed if an object is still missing.
  JobStatus status = JobStatus::done;
  std::string target{};
  std::vector<RepairedObject> objects{};  ///< empty if nothing was missing
  std::chrono::nanoseconds elapsed{};

  /// How many objects are still missing.
  [[nodiscard]] std::size_t missing() const;
  /// The error of the first missing object, for an exit code; nullopt if no object is missing.
  [[nodiscard]] std::optional<Error> first_error() const;
};

/// The report as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const RepairReport& report);
/// The report for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const RepairReport& report);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const RepairReport& report);

}  // namespace leat
