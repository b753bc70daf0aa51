#include "jobs/named/join_run.hpp"

#include <string_view>
#include <utility>

#include "jobs/named/job_attempt.hpp"
#include "jobs/named/shared_options.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "jobs/run/delivery_plan.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::string_view snapshot_lost = "08003";  // see take_snapshot()

/// The attempt at work. @throws Error (config) where there is none.
Joining find_attempt(const std::string& name, const CopyTableOptions& own, const std::stop_token& stop) {
  const auto session = connect(own.target, ErrorKind::target, own.stream, stop);
  auto record = read_job(*session, name, stop);
  if (!record) {
    throw Error(ErrorKind::config, "there is no job \"" + name + "\" in " + own.target.label,
                {.hint = "leat jobs list shows those that there are"});
  }
  const JobLease lease{.job = record->name, .run = record->run, .epoch = record->epoch};
  if (record->state == JobState::running && record->has_plan) {
    if (auto details = read_attempt(*session, lease, stop)) return {std::move(*record), std::move(*details)};
  }
  const bool is_done = record->state == JobState::done;
  throw Error(ErrorKind::config,
              "job \"" + name + "\" is not at work: " +
                  (is_done ? "it was done at " + record->finished_at : std::string("no process works on it")),
              {.sqlstate = "55000",
               .hint = is_done ? "there is nothing left to do"
                               : "begin it (leat copy-table … --job " + name +
                                     "), then join it; one that has "
                                     "just begun can be joined when its plan is made"});
}

/// Where the job reads, as this process reaches it.
ResolvedConnection find_source(const JoinOptions& join, const std::string& shared) {
  if (join.source) return *join.source;
  const auto label = nlohmann::json::parse(shared).at("source").get<std::string>();
  if (label == ResolvedConnection().label) return join.connections.resolve("");
  try {
    return join.connections.resolve(label);
  } catch (const Error& error) {
    throw Error(ErrorKind::config,
                "the job reads from " + label + ", which is not known here: " + error.what(),
                {.hint = "say how to reach it (--source), or name a file of connections (--connections)"});
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

CopyTableOptions options_of(const JoinOptions& join, CopyTableOptions own, const Joining& joining) {
  own.source = find_source(join, joining.details.options);
  own.readers = join.readers;
  own.writers = join.writers;
  own.transform_workers = join.transform_workers;
  own.stream.memory = join.memory;
  own.stream.on_progress = join.on_progress;
  own = joined_options(std::move(own), joining.details.options, joining.record);
  own.transform = find_hook(join, joining.record, own.transform_name);
  choose_workers(own);
  validate_delivery(own);
  validate(own.stream);
  return own;
}

}  // namespace

namespace {

[[noreturn]] void throw_left(const std::string& name) {
  throw Error(ErrorKind::cancelled, "this process has left the job; what it has committed counts",
              {.hint = "leat join " + name + " joins it again"});
}

}  // namespace

JobReport join_job(const std::string& name, const JoinOptions& join, const CopyTableOptions& own,
                   const std::stop_token& stop) {
  // Whoever has given the snapshot may end before it is taken, and another worker has it, too.
  constexpr int most_tries = 4;
  for (int tried = 1;; ++tried) {
    try {
      Joining joining = find_attempt(name, own, stop);
      const CopyTableOptions options = options_of(join, own, joining);
      JobKeeper keeper(options);
      return JobAttempt(options, keeper, std::move(joining)).run(stop);
    } catch (const Stopped&) {
      throw_left(name);
    } catch (const Error& error) {
      if (stop.stop_requested() && error.kind() == ErrorKind::cancelled && !error.in_doubt())
        throw_left(name);
      const bool is_over = error.sqlstate() == "55000" || error.sqlstate() == snapshot_lost;
      if (!is_over || tried == most_tries) throw;
      // It may have been done before this process could begin, which is said better here.
      static_cast<void>(find_attempt(name, own, stop));
      if (error.sqlstate() == "55000") throw;
    }
  }
}

}  // namespace leat::jobs_detail
