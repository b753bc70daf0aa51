#include "jobs/named/marked_commit.hpp"

#include "jobs/options/late_stop.hpp"
#include "jobs/options/steady_clock.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/core/detail/pause.hpp"

namespace leat::jobs_detail {
namespace {

/// What has become of a COMMIT after Ledger::finish() whose answer was `lost`: asked for so long, and in a
/// limited time once a stop was requested. @throws Error: in_doubt() where that cannot be learned.
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
      if (number > 1) detail::pause(retry_delay(pace, number - 1, 0), late.token());
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
  }
}

}  // namespace

void commit_marked(Connection& session, JobKeeper& keeper, const JobLease& lease,
                   const std::stop_token& stop) {
  try {
    session.commit(stop);
  } catch (const Error& error) {
    if (!error.in_doubt()) throw;
    const auto limit = 3 * session.options().connect_timeout.value();
    if (was_finished(keeper, lease, error, limit, stop)) return;
    if (stop.stop_requested()) throw Stopped{};
    throw not_committed(error);
  }
}

}  // namespace leat::jobs_detail
