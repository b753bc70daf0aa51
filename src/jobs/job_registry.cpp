#include "leat/jobs/job_registry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/named/join_run.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "jobs/report/job_events.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat {
namespace {

using jobs_detail::Document;
using jobs_detail::json_text;
using jobs_detail::or_null;

Document parsed(const std::string& json) {
  return json.empty() ? Document() : Document::parse(json);
}

Document to_document(const KnownJob& job) {
  return {{"name", job.name},
          {"status", status_word(job)},
          {"run", job.run},
          {"attempt", job.epoch},
          {"slices", job.slices},
          {"slices_done", job.slices_done},
          {"rows", job.rows},
          {"bytes", job.bytes},
          {"rejected", job.rejected},
          {"consistent", job.is_consistent},
          {"holder", or_null(job.holder)},
          {"lease_until", or_null(job.lease_until)},
          {"created_at", or_null(job.created_at)},
          {"acquired_at", or_null(job.acquired_at)},
          {"finished_at", or_null(job.finished_at)},
          {"error", or_null(job.error)},
          {"source_snapshot", or_null(job.source_snapshot)},
          {"staging", or_null(job.staging && job.staging_exists ? job.staging->display() : "")},
          {"target_exists", or_null(job.target_exists)},
          {"description", parsed(job.description)},
          {"report", parsed(job.report)}};
}

/// Runs `body` with a session of its own.
template <class Body>
auto with_session(const JobRegistryOptions& options, const std::stop_token& stop, Body body) {
  return jobs_detail::unless_stopped(
      [&] {
        return body(*jobs_detail::connect(options.target, ErrorKind::target,
                                          jobs_detail::session_part(options), stop));
      },
      "it was stopped");
}

/// The table that the job loads, as SQL; empty where its command does not tell.
std::string target_of(const JobRecord& job) {
  const Document command = Document::parse(job.description, nullptr, false);
  if (!command.is_object() || !command.contains("to") || !command["to"].is_string()) return {};
  try {
    auto table = TableName::parse(command["to"].get<std::string>());
    if (table.schema.empty() && command.contains("target_schema") && command["target_schema"].is_string()) {
      table.schema = command["target_schema"].get<std::string>();
    }
    return table.sql();
  } catch (const Error&) {
    return {};
  }
}

/// With what the target has of them now.
std::vector<KnownJob> known_jobs(Connection& session, std::vector<JobRecord> records,
                                 const std::stop_token& stop) {
  std::vector<std::string> tables;
  for (const auto& record : records) tables.push_back(target_of(record));
  std::vector<KnownJob> jobs;
  for (auto& record : records) jobs.push_back({std::move(record)});
  const std::array<Parameter, 1> names{postgres_detail::text_array(tables)};
  try {
    const Result found = session.execute(
        "SELECT CASE WHEN t <> '' THEN pg_catalog.to_regclass(t) IS NOT NULL END FROM "
        "pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS u(t, i) ORDER BY i",
        names, stop);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (!found.is_null(i, 0)) jobs[i].target_exists = found.boolean(i, 0);
    }
  } catch (const Error& error) {
    // A schema that this role may not use.
    if (error.sqlstate() != "42501") throw;
  }
  return jobs;
}

Error unknown_job(Connection& session, const JobRegistryOptions& options, const std::string& name,
                  const std::stop_token& stop) {
  std::vector<std::string> names;
  std::vector<std::string> of_tables;
  for (const auto& record : read_jobs(session, stop)) {
    names.push_back(record.name);
    if (record.name.starts_with(name + "/")) of_tables.push_back(record.name);
  }
  std::string hint = "leat jobs list shows those that there are";
  if (!of_tables.empty()) {
    hint = "each of its tables has a job of its own, such as " + of_tables.front() + "; " + hint;
  }
  return Error(ErrorKind::config,
               "there is no job \"" + name + "\" in " + options.target.label +
                   (of_tables.empty() ? detail::did_you_mean(name, names) : ""),
               {.hint = hint});
}

/// What `ask` says of the job of that name.
KnownJob known_job(const JobRegistryOptions& options, const std::string& name, decltype(read_job)& ask,
                   const std::stop_token& stop) {
  return with_session(options, stop, [&](Connection& session) {
    auto job = ask(session, name, stop);
    if (!job) throw unknown_job(session, options, name, stop);
    return known_jobs(session, {std::move(*job)}, stop).front();
  });
}

std::vector<KnownJob> look_at(Connection& session, const JobRegistryOptions& options, const std::string& name,
                              const std::stop_token& stop) {
  if (name.empty()) return known_jobs(session, read_jobs(session, stop), stop);
  auto job = read_job(session, name, stop);
  if (!job) throw unknown_job(session, options, name, stop);
  return known_jobs(session, {std::move(*job)}, stop);
}

std::vector<KnownJob> done_jobs(Connection& session, std::chrono::seconds since,
                                const std::stop_token& stop) {
  std::vector<JobRecord> records;
  for (const auto& name : read_done_jobs(session, since, stop)) {
    auto job = read_job(session, name, stop);
    if (job && job->state == JobState::done) records.push_back(std::move(*job));
  }
  return known_jobs(session, std::move(records), stop);
}

}  // namespace

JobRegistry::JobRegistry(JobRegistryOptions options) : options_(std::move(options)) {}

std::vector<KnownJob> JobRegistry::list(std::stop_token stop) const {
  return with_session(options_, stop,
                      [&](Connection& session) { return look_at(session, options_, "", stop); });
}

KnownJob JobRegistry::show(const std::string& name, std::stop_token stop) const {
  return known_job(options_, name, read_job, stop);
}

JobReport JobRegistry::join(const std::string& name, const JoinOptions& options, std::stop_token stop) const {
  CopyTableOptions own{.target = options_.target, .stream = jobs_detail::session_part(options_)};
  own.stream.log = own.stream.log.with({{"job", name}});
  return jobs_detail::logged_run(own.stream.log, "join",
                                 [&] { return jobs_detail::join_job(name, options, own, stop); });
}

std::vector<KnownJob> JobRegistry::watch(const std::string& name,
                                         const std::function<void(const std::vector<KnownJob>&)>& tell,
                                         std::chrono::milliseconds interval, std::stop_token stop) const {
  return with_session(options_, stop, [&](Connection& session) {
    while (true) {
      auto jobs = look_at(session, options_, name, stop);
      if (tell) tell(jobs);
      if (std::none_of(jobs.begin(), jobs.end(), is_at_work)) return jobs;
      detail::pause(interval, stop);
    }
  });
}

std::vector<KnownJob> JobRegistry::list_done(std::chrono::seconds since, std::stop_token stop) const {
  return with_session(options_, stop, [&](Connection& session) { return done_jobs(session, since, stop); });
}

std::vector<KnownJob> JobRegistry::forget_done(std::chrono::seconds since, std::stop_token stop) const {
  return with_session(options_, stop, [&](Connection& session) {
    std::vector<KnownJob> forgotten;
    for (auto& job : done_jobs(session, since, stop)) {
      try {
        if (forget_job(session, job.name, stop)) forgotten.push_back(std::move(job));
      } catch (const Error& error) {
        constexpr std::string_view at_work = "55006";
        if (error.sqlstate() != at_work) throw;
      }
    }
    return forgotten;
  });
}

KnownJob JobRegistry::forget(const std::string& name, std::stop_token stop) const {
  return known_job(options_, name, forget_job, stop);
}

std::string to_json(const KnownJob& job) {
  return json_text(to_document(job));
}

std::string to_json(const std::vector<KnownJob>& jobs) {
  Document list = Document::array();
  for (const auto& job : jobs) list.push_back(to_document(job));
  return json_text({{"jobs", std::move(list)}});
}

std::string_view status_word(const JobRecord& job) {
  if (job.state == JobState::running && !job.is_live) return "interrupted";
  if (job.state == JobState::failed && job.error == stopped_job) return stopped_job;
  return to_string(job.state);
}

bool is_at_work(const JobRecord& job) {
  return (job.state == JobState::running && job.is_live) || job.will_retry;
}

}  // namespace leat
