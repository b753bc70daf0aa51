#pragma once

#include <stop_token>

#include "jobs/named/job_keeper.hpp"

namespace leat::jobs_detail {

/// COMMIT after Ledger::finish(). If its answer is lost, the ledger tells whether the job is done. @throws
/// Error: in_doubt() where that cannot be learned. @throws Stopped where it was not committed after a stop.
void commit_marked(Connection& session, JobKeeper& keeper, const JobLease& lease,
                   const std::stop_token& stop);

}  // namespace leat::jobs_detail
