#include "jobs/named/job_run.hpp"

#include <exception>

#include "jobs/named/job_attempt.hpp"
#include "jobs/options/stopped.hpp"
#include "leat/core/detail/message_of.hpp"
#include "leat/core/detail/pause.hpp"

namespace leat::jobs_detail {
namespace {

Error stopped_job_error(const std::string& job) {
  return {ErrorKind::cancelled,
          "the job was stopped; what was done is kept under its name",
          {.hint = "the same command goes on with job " + job}};
}

JobReport run_attempts(CopyTableOptions& options, JobKeeper& keeper, const std::stop_token& stop) {
  const RetryPolicy policy = retry_policy(options.delivery);
  RetryStep step;
  for (int number = 1;; ++number) {
    JobAttempt attempt(options, keeper);
    const auto give_up = [&](const std::string& why, bool is_over = true) {
      std::chrono::milliseconds next_within{};
      if (!is_over) {
        // Until this process has the job again, others that work on it wait.
        next_within = std::chrono::ceil<std::chrono::milliseconds>(step.delay) + options.delivery.lease;
      }
      if (attempt.lease()) keeper.release(*attempt.lease(), why, next_within);
    };
    try {
      detail::pause(step.delay, stop);
      return attempt.run(stop);
    } catch (const Stopped&) {
      give_up("stopped");
      throw stopped_job_error(options.delivery.job);
    } catch (const Error& error) {
      const bool was_stopped = stop.stop_requested() && error.kind() == ErrorKind::cancelled;
      step = decide(policy, error, number, random_fraction(), Doubt::resolved);
      // Another attempt would see whether the job is done, but not after a stop.
      const bool is_over = (error.in_doubt() && stop.stop_requested()) || attempt.has_given_up() ||
                           step.action != RetryAction::retry;
      if (is_over && !was_stopped) attempt.save_rejects();
      give_up(error.what(), is_over || was_stopped);
      if (was_stopped) throw stopped_job_error(options.delivery.job);
      if (is_over) throw;
      options.stream.log.log_event(
          LogLevel::warning, "retry",
          "attempt " + std::to_string(number) + " failed, and is repeated: " + error.what(),
          {{"attempt", number}, {"sqlstate", error.sqlstate()}, {"delay", step.delay}});
    } catch (...) {
      // What a hook or a callback of the user's has thrown.
      attempt.save_rejects();
      give_up(detail::message_of(std::current_exception()));
      throw;
    }
    // What was to be discarded is.
    if (attempt.lease()) options.delivery.restart = false;
  }
}

}  // namespace

JobReport run_job(const CopyTableOptions& asked, bool is_unnamed, const std::stop_token& stop) {
  CopyTableOptions options = asked;
  JobKeeper keeper(options);
  if (!is_unnamed) return run_attempts(options, keeper, stop);
  try {
    JobReport report = run_attempts(options, keeper, stop);
    keeper.forget();
    return report;
  } catch (const Error& error) {
    keeper.forget();
    if (error.kind() == ErrorKind::cancelled) throw Error(ErrorKind::cancelled, job_was_stopped);
    throw;
  } catch (...) {
    keeper.forget();
    throw;
  }
}

}  // namespace leat::jobs_detail
