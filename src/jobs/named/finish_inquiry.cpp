#include "jobs/named/finish_inquiry.hpp"

#include <string>

#include "jobs/options/late_stop.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/core/retry.hpp"

namespace leat::jobs_detail {

bool was_finished(JobKeeper& keeper, const JobLease& lease, const Error& lost,
                  std::chrono::milliseconds limit, const std::stop_token& stop) {
  // As long as other loads ask after a stop.
  const LateStop late(stop, longest_inquiry_after_stop);
  const auto doubtful = [&](const std::string& why) {
    return lost.with_message(std::string(lost.what()) + ": the job may or may not be done, since " + why)
        .with_hint("leat jobs show tells whether it is done, when the server has ended its COMMIT");
  };
  const auto give_up_at = SteadyClock::now() + limit;
  const RetryPolicy pace = inquiry_pace();
  for (int number = 1;; ++number) {
    try {
      return keeper.with_ledger([&](Ledger ledger) { return ledger.was_finished(lease, late.token()); },
                                late.token());
    } catch (const Stopped&) {
      throw doubtful("it was stopped before the server could tell");
    } catch (const Error& error) {
      const bool may_pass = is_transient_sqlstate(error.sqlstate());
      if (!may_pass || SteadyClock::now() >= give_up_at) {
        throw doubtful(std::string("the server cannot be asked: ") + error.what());
      }
    }
    try {
      detail::pause(backoff(pace, number, 0), late.token());
    } catch (const Stopped&) {
      throw doubtful("it was stopped before the server could tell");
    }
  }
}

}  // namespace leat::jobs_detail
