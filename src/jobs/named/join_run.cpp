#include "jobs/named/join_run.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>
#include <variant>

#include "jobs/named/attempt_end.hpp"
#include "jobs/named/job_attempt.hpp"
#include "jobs/named/run_attempts.hpp"
#include "jobs/named/shared_options.hpp"
#include "jobs/options/steady_clock.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "leat/core/detail/pause.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::string_view attempt_over = "55000";
constexpr std::string_view snapshot_lost = "08003";  // see take_snapshot()

Error not_at_work(const JobRecord& record) {
  if (record.is_live) {
    return {ErrorKind::config,
            "job \"" + record.name + "\" is still being prepared by " + record.holder,
            {.sqlstate = std::string(attempt_over), .hint = "join it later"}};
  }
  return {ErrorKind::config,
          "job \"" + record.name + "\" is not at work: no process works on it",
          {.sqlstate = std::string(attempt_over),
           .detail = record.error.empty() ? "" : "its last attempt ended: " + record.error,
           .hint = "begin it (CopyTable .job " + record.name + "), then join it"}};
}

/// The attempt at work, or the job as it is if it is done. Waits for an attempt that is being prepared, or
/// that a process has announced. @throws Error (config) if there is none.
std::variant<Joining, JobRecord> find_attempt(const std::string& name, const CopyTableOptions& own,
                                              const std::stop_token& stop) {
  constexpr std::chrono::milliseconds last_look{200};
  std::chrono::milliseconds look{10};
  const auto session = connect(own.target, ErrorKind::target, own.stream, stop);
  // Preparing an attempt is some questions to both servers, and locks.
  const auto patience = session->options().connect_timeout.value() + session->options().lock_timeout.value();
  auto until = SteadyClock::now() + patience;
  while (true) {
    auto record = read_job(*session, name, stop);
    if (!record) {
      throw Error(ErrorKind::config, "there is no job \"" + name + "\" in " + own.target.label,
                  {.hint = "leat jobs list shows those that there are"});
    }
    if (record->state == JobState::done) return std::move(*record);
    const JobLease lease{.job = record->name, .run = record->run, .epoch = record->epoch};
    if (record->state == JobState::running && record->has_plan) {
      if (auto details = read_attempt(*session, lease, stop)) {
        return Joining{std::move(*record), std::move(*details)};
      }
    }
    if (record->will_retry) {
      until = SteadyClock::now() + patience;
    } else if (!record->is_live || SteadyClock::now() > until) {
      throw not_at_work(*record);
    }
    detail::pause(look, stop);
    look = std::min(2 * look, last_look);
  }
}

/// Where the job reads, as this process reaches it.
ResolvedConnection find_source(const JoinOptions& join, const std::string& shared) {
  if (join.source) return *join.source;
  const auto label = nlohmann::json::parse(shared).at("source").get<std::string>();
  if (join.stores.knows(label)) return ResolvedConnection::of_store(label);
  if (label == ResolvedConnection().label) return join.connections.resolve("");
  try {
    return join.connections.resolve(label);
  } catch (const Error& error) {
    throw Error(ErrorKind::config,
                "the job reads from " + label + ", which is not known here: " + error.what(),
                {.hint = "say how to reach it (.source), or name a file of connections (.connections)"});
  }
}

Transform find_hook(const JoinOptions& join, const JobRecord& record, const std::string& hook) {
  if (!nlohmann::json::parse(record.description).value("row_hook", false)) return {};
  const auto found = join.hooks.find(hook);
  if (!hook.empty() && found != join.hooks.end()) return found->second;
  throw Error(ErrorKind::config,
              hook.empty() ? "the job has a row hook without a name, so that no other process can join it"
                           : "the job has the row hook \"" + hook + "\", which this process does not have",
              {.hint = hook.empty() ? "name it (CopyTableOptions::transform_name)"
                                    : "register it (JoinOptions::hooks)"});
}

/// How that attempt is run. @throws Error (config) if this process cannot take part in it.
CopyTableOptions options_in(const JoinOptions& join, CopyTableOptions own, const Joining& joining) {
  if (!joining.details.snapshot) {
    throw Error(ErrorKind::config, "the rows that the job reads are seen by its own process alone",
                {.hint = "wait for its end"});
  }
  own.source = find_source(join, joining.details.options);
  own.stores = join.stores;
  own.readers = join.readers;
  own.writers = join.writers;
  own.transform_workers = join.transform_workers;
  own.stream.memory = join.memory;
  own.stream.on_progress = join.on_progress;
  own = joined_options(std::move(own), joining.details.options, joining.record);
  own.stream.log = own.stream.log.with({{"table", own.table.target_name()}});
  own.transform = find_hook(join, joining.record, own.transform_name);
  choose_workers(own);
  validate_delivery(own);
  validate(own.stream);
  return own;
}

/// Whether what this process took part in may be gone while the job goes on: an attempt that is over may be
/// followed by another one, and whoever has given the snapshot may end before it is taken, while another
/// worker has it, too.
bool is_over(const Error& error) {
  return error.sqlstate() == attempt_over || error.sqlstate() == snapshot_lost;
}

/// Of a job that others have done.
JobReport done_report(const JobRecord& record, const CopyTableOptions& own) {
  const auto command = nlohmann::json::parse(record.description);
  const TableSelection table{.from = command.value("from", ""), .to = command.value("to", "")};
  return earlier_report(record, command.value("source", own.source.label) + ": " + table.from,
                        own.target.label + ": " + table.target_name(), "nothing is left to do");
}

[[noreturn]] void throw_left(const std::string& name) {
  throw Error(ErrorKind::cancelled, "this process has left the job; what it has committed counts",
              {.hint = "leat join " + name + " joins it again"});
}

}  // namespace

JobReport join_job(const std::string& name, const JoinOptions& join, const CopyTableOptions& own,
                   const std::stop_token& stop) {
  constexpr int least_looks = 4;  // for what is no failure of this process
  RetryPolicy policy = retry_policy(own.delivery);
  std::int64_t epoch = 0;
  std::chrono::nanoseconds delay{};
  for (int failures = 0;;) {
    try {
      detail::pause(delay, stop);
      auto found = find_attempt(name, own, stop);
      if (const auto* done = std::get_if<JobRecord>(&found)) return done_report(*done, own);
      auto& joining = std::get<Joining>(found);
      // Another attempt than the last one has failed.
      if (std::exchange(epoch, joining.record.epoch) != joining.record.epoch) failures = 0;
      const CopyTableOptions options = options_in(join, own, joining);
      policy = retry_policy(options.delivery);
      JobKeeper keeper(options);
      return JobAttempt(options, keeper, std::move(joining)).run(stop);
    } catch (const Stopped&) {
      throw_left(name);
    } catch (const Error& error) {
      if (stop.stop_requested() && error.kind() == ErrorKind::cancelled && !error.in_doubt())
        throw_left(name);
      if (is_over(error)) {
        policy.attempts = std::max(policy.attempts, least_looks);
        policy.retry_if = [](const std::exception_ptr&) { return true; };
      }
      const RetryStep step = decide_unit_retry(policy, error, ++failures, random_fraction(), Doubt::resolved);
      if (step.action != RetryAction::retry) throw;
      own.stream.log.warning(std::string("this process looks at the job again: ") + error.what());
      delay = step.delay;
    }
  }
}

}  // namespace leat::jobs_detail
