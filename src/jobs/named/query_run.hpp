#pragma once

#include <functional>
#include <stop_token>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/ad_hoc_query_options.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// Makes a query ready to run.
using PrepareQuery = std::function<PreparedLoad(const std::stop_token& stop)>;

/// Loads a query's rows under a job's name: the ledger says that it is done in the transaction that loads
/// them, so that it is done once.
[[nodiscard]] JobReport run_named_query(const AdHocQueryOptions& options, const PrepareQuery& prepare,
                                        const std::stop_token& stop);

}  // namespace leat::jobs_detail
