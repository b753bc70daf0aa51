#pragma once

#include <stop_token>
#include <string>

#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/repair_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"

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
