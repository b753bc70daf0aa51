#include "jobs/named/query_run.hpp"

#include "jobs/named/query_attempt.hpp"
#include "jobs/named/run_attempts.hpp"

namespace leat::jobs_detail {

JobReport run_named_query(const AdHocQueryOptions& options, const PrepareQuery& prepare,
                          const std::stop_token& stop) {
  // What a job's keeper needs to know.
  CopyTableOptions kept{.source = options.source,
                        .target = options.target,
                        .table = {.to = options.to},
                        .mode = options.mode,
                        .stream = options.stream,
                        .delivery = options.delivery};
  JobKeeper keeper(kept, [&](const JobSource& source) { return query_job_request(options, source); });
  const auto make = [&](const std::string& /*sqlstate*/) {
    return QueryAttempt(options, kept.delivery, prepare, keeper);
  };
  return run_attempts(kept, keeper, make, stop);
}

}  // namespace leat::jobs_detail
