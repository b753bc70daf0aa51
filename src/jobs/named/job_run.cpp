#include "jobs/named/job_run.hpp"

#include "jobs/named/job_attempt.hpp"
#include "jobs/named/run_attempts.hpp"
#include "jobs/options/stopped.hpp"

namespace leat::jobs_detail {
namespace {

JobReport attempts(CopyTableOptions& options, JobKeeper& keeper, const std::stop_token& stop) {
  return run_attempts(
      options, keeper, [&] { return JobAttempt(options, keeper); }, stop);
}

}  // namespace

JobReport run_job(const CopyTableOptions& asked, bool is_unnamed, const std::stop_token& stop) {
  CopyTableOptions options = asked;
  JobKeeper keeper(options);
  if (!is_unnamed) return attempts(options, keeper, stop);
  try {
    JobReport report = attempts(options, keeper, stop);
    keeper.forget();
    return report;
  } catch (const Error& error) {
    keeper.forget();
    if (error.kind() == ErrorKind::cancelled)
      throw Error(ErrorKind::cancelled, job_was_stopped).with_work(error.work());
    throw;
  } catch (...) {
    keeper.forget();
    throw;
  }
}

}  // namespace leat::jobs_detail
