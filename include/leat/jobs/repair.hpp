#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/job_report.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/connection_factory.hpp"

namespace leat {

/// What Repair looks after, and how.
struct RepairOptions {
  ResolvedConnection target{};
  /// Only this table, as in SQL. Empty: all that have something in the record.
  std::string table{};
  /// For locks, statements and silence, as with a job.
  JobLimits limits{};
  /// What pg_stat_activity shows.
  std::string application_name = "leat";
  Logger log{};
};

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

/// Brings back the indexes and constraints that loads with Indexes::rebuild had dropped, and whose run then
/// ended without its end, from the record in the target (leat_meta.dropped_objects). Each in a transaction of
/// its own, so that one which cannot be restored keeps no other away. May run at any time and any number of
/// times: what a load at work has dropped is left to it. Thread-safety is that of CopyTable.
class Repair {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit Repair(RepairOptions options);

  /// @throws Error (target) where the record cannot be read or is not to be trusted; Error (cancelled).
  RepairReport run(std::stop_token stop = {}) const;

 private:
  RepairOptions options_;
};

}  // namespace leat
