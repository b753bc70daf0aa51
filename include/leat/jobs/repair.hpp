#pragma once

#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/repair_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Options of Repair.
struct RepairOptions {
  /// Where to connect: `"postgresql://etl@db1/shop"`, or an id: `factory.resolve("shop")`.
  ResolvedConnection target{};
  /// Repairs only this table, named as in SQL: `sales.orders`. Empty: all tables that have something in the
  /// record.
  std::string table{};
  /// Limits for locks, statements and silence, as in other jobs.
  JobLimits limits{};
  /// The name of the session in pg_stat_activity.
  std::string application_name = "leat";
  Logger log{};
};

/// Restores indexes and constraints that a load with Indexes::rebuild dropped, if that load was interrupted
/// before it could restore them. The record of dropped objects is in the target (leat_meta.dropped_objects).
///
/// Each object is restored in a transaction of its own, so one failure does not prevent the others. Repair
/// may run at any time and any number of times: objects that a running load dropped are left to that load.
/// Thread-safety is that of CopyTable.
class LEAT_EXPORT Repair {
 public:
  /// @throws Error (config) that names the wrong option.
  explicit Repair(RepairOptions options);

  /// @throws Error (target) if the record cannot be read or must not be trusted; Error (cancelled) after a
  /// stop request.
  RepairReport run(std::stop_token stop = {}) const;

 private:
  RepairOptions options_;
};

}  // namespace leat
