#include "leat/jobs/job_registry.hpp"

#include <utility>

#include "jobs/named/join_run.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "jobs/report/job_events.hpp"

namespace leat {
namespace {

using jobs_detail::Document;
using jobs_detail::json_text;
using jobs_detail::or_null;

Document parsed(const std::string& json) {
  return json.empty() ? Document() : Document::parse(json);
}

Document to_document(const JobRecord& job) {
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
          {"staging", or_null(job.staging ? job.staging->display() : "")},
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

/// What `ask` says of the job of that name.
JobRecord known_job(const JobRegistryOptions& options, const std::string& name, decltype(read_job)& ask,
                    const std::stop_token& stop) {
  auto job = with_session(options, stop, [&](Connection& session) { return ask(session, name, stop); });
  if (job) return std::move(*job);
  throw Error(ErrorKind::config, "there is no job \"" + name + "\" in " + options.target.label,
              {.hint = "leat jobs list shows those that there are"});
}

}  // namespace

JobRegistry::JobRegistry(JobRegistryOptions options) : options_(std::move(options)) {}

std::vector<JobRecord> JobRegistry::list(std::stop_token stop) const {
  return with_session(options_, stop, [&](Connection& session) { return read_jobs(session, stop); });
}

JobRecord JobRegistry::show(const std::string& name, std::stop_token stop) const {
  return known_job(options_, name, read_job, stop);
}

JobReport JobRegistry::join(const std::string& name, const JoinOptions& options, std::stop_token stop) const {
  CopyTableOptions own{.target = options_.target, .stream = jobs_detail::session_part(options_)};
  own.stream.log = own.stream.log.with({{"job", name}});
  return jobs_detail::logged_run(own.stream.log, "join",
                                 [&] { return jobs_detail::join_job(name, options, own, stop); });
}

JobRecord JobRegistry::forget(const std::string& name, std::stop_token stop) const {
  return known_job(options_, name, forget_job, stop);
}

std::string to_json(const JobRecord& job) {
  return json_text(to_document(job));
}

std::string to_json(const std::vector<JobRecord>& jobs) {
  Document list = Document::array();
  for (const auto& job : jobs) list.push_back(to_document(job));
  return json_text({{"jobs", std::move(list)}});
}

std::string_view status_word(const JobRecord& job) {
  if (job.state == JobState::running && !job.is_live) return "interrupted";
  return to_string(job.state);
}

}  // namespace leat
