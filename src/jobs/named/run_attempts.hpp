#pragma once

#include <algorithm>
#include <chrono>
#include <exception>
#include <stop_token>
#include <string>

#include "jobs/named/job_keeper.hpp"
#include "jobs/named/ledger_coordinator.hpp"
#include "jobs/options/stopped.hpp"
#include "leat/core/detail/message_of.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/core/retry.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

[[nodiscard]] RetryPolicy retry_policy(const Delivery& delivery);

inline Error stopped_job_error(const std::string& job) {
  return {ErrorKind::cancelled,
          "the job was stopped; what was done is kept under its name",
          {.hint = "the same command goes on with job " + job}};
}

/// Adds what another attempt has done.
inline void add_work(WorkDone& all, const WorkDone& more) {
  all.rows_read += more.rows_read;
  all.rows_written += more.rows_written;
  all.rows_committed += more.rows_committed;
  all.bytes_read += more.bytes_read;
  all.bytes_written += more.bytes_written;
  all.slices_total = std::max(all.slices_total, more.slices_total);
  all.slices_done += more.slices_done;
  all.slices_retried += more.slices_retried;
  all.elapsed += more.elapsed;
}

/// Runs attempts of a job that has a name until one has done it or `options` allow no more; `make` makes one,
/// given the SQLSTATE with which the one before has failed.
/// What an attempt was to discard is discarded by the first one that has the job. @throws what the last one
/// has thrown.
template <class Make>
JobReport run_attempts(CopyTableOptions& options, JobKeeper& keeper, const Make& make,
                       const std::stop_token& stop) {
  const RetryPolicy policy = retry_policy(options.delivery);
  RetryStep step;
  WorkDone work;
  std::string failed_with;
  for (int number = 1;; ++number) {
    auto attempt = make(failed_with);
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
      add_work(work, attempt.work_done());
      give_up(std::string(stopped_job));
      throw stopped_job_error(options.delivery.job).with_work(work);
    } catch (const Error& error) {
      add_work(work, attempt.work_done());
      const bool was_stopped = stop.stop_requested() && error.kind() == ErrorKind::cancelled;
      step = decide_unit_retry(policy, error, number, random_fraction(), Doubt::resolved);
      // Another attempt would see whether the job is done, but not after a stop.
      const bool is_over = (error.in_doubt() && stop.stop_requested()) || attempt.has_given_up() ||
                           step.action != RetryAction::retry;
      if (is_over && !was_stopped) attempt.save_rejects();
      give_up(was_stopped ? std::string(stopped_job) : error.what(), is_over || was_stopped);
      if (was_stopped) throw stopped_job_error(options.delivery.job).with_work(work);
      if (is_over) throw error.with_work(work);
      failed_with = error.sqlstate();
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

}  // namespace leat::jobs_detail
