#pragma once

#include <chrono>
#include <stop_token>

#include "jobs/named/job_keeper.hpp"
#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// What has become of a COMMIT after Ledger::finish() whose answer was `lost`: asked for so long, and in a
/// limited time once a stop was requested. @throws Error: in_doubt() where that cannot be learned.
[[nodiscard]] bool was_finished(JobKeeper& keeper, const JobLease& lease, const Error& lost,
                                std::chrono::milliseconds limit, const std::stop_token& stop);

}  // namespace leat::jobs_detail
