#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "jobs/run/row_move.hpp"
#include "leat/jobs/options/delivery.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// A job that has a name and is one transaction: the ledger's row of it is written in that transaction, and
/// nobody holds a lease. Whoever comes second finds the row.
struct WholeJob {
  const ResolvedConnection& source;
  const ResolvedConnection& target;
  const StreamOptions& stream;
  const Transform& transform;
  bool is_new = false;  ///< as Delivery has it
  std::string read{};   ///< for reports: "orders", "query"
  std::string table{};  ///< that is loaded
  std::function<JobRequest(const JobSource& source)> request{};
  std::function<PreparedLoad(const std::stop_token& stop)> prepare{};
  /// The slices that several readers take; null: the rows come in their order.
  std::function<std::shared_ptr<UnitSource>(PreparedLoad& load)> units{};
  Workers workers{};
};

/// @throws Error (config) for what does not go together with Delivery::whole.
void validate_whole(const Delivery& delivery);

/// Does the job, or tells that it was done.
[[nodiscard]] JobReport run_whole(const WholeJob& job, const std::stop_token& stop);

/// What stands against it, and what a plan says of it.
void plan_whole(PreparedLoad& load, const ResolvedConnection& source, const Delivery& delivery,
                const std::function<JobRequest(const JobSource& source)>& request,
                const std::stop_token& stop);

}  // namespace leat::jobs_detail
