#include "jobs/named/job_run.hpp"

#include <string_view>
#include <utility>

#include "jobs/named/job_attempt.hpp"
#include "jobs/named/run_attempts.hpp"
#include "jobs/options/stopped.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::string_view run_snapshot_lost = "08003";  // see take_snapshot()

JobReport attempts(CopyTableOptions& options, JobKeeper& keeper, std::optional<std::string> snapshot,
                   const std::stop_token& stop) {
  const auto make = [&](const std::string& sqlstate) {
    // Those that are left read what is there now.
    if (sqlstate == run_snapshot_lost) snapshot.reset();
    return JobAttempt(options, keeper, {}, snapshot);
  };
  return run_attempts(options, keeper, make, stop);
}

}  // namespace

JobReport run_job(const CopyTableOptions& asked, bool is_unnamed, const std::stop_token& stop,
                  std::optional<std::string> snapshot) {
  CopyTableOptions options = asked;
  JobKeeper keeper(options);
  if (!is_unnamed) return attempts(options, keeper, std::move(snapshot), stop);
  try {
    JobReport report = attempts(options, keeper, std::move(snapshot), stop);
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
