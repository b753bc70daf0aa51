#include "cli/jobs_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/bytes.hpp"
#include "leat/jobs/job_registry.hpp"

namespace leat::cli {
namespace {

std::string slices_text(const JobRecord& job) {
  return std::to_string(job.slices_done) + " of " + std::to_string(job.slices) + " slices, " +
         std::to_string(job.rows) + " rows, " +
         format_bytes(ByteCount{static_cast<std::uint64_t>(job.bytes)}) +
         (job.rejected > 0 ? ", " + std::to_string(job.rejected) + " rejected" : "");
}

std::string line_text(const JobRecord& job) {
  std::string line = job.name + ": " + std::string(status_word(job)) + ", " + slices_text(job);
  if (job.state == JobState::done) {
    line += ", since " + job.finished_at;
  } else if (job.is_live) {
    line += ", " + job.holder;
  } else if (!job.error.empty()) {
    line += ", " + job.error;
  }
  return line + "\n";
}

std::string list_text(const std::vector<JobRecord>& jobs) {
  if (jobs.empty()) return "no jobs\n";
  std::string text;
  for (const auto& job : jobs) text += line_text(job);
  return text;
}

std::string job_text(const JobRecord& job) {
  std::string text = job.name + "\n";
  const auto add = [&text](const std::string& what, const std::string& value) {
    if (!value.empty()) text += "  " + what + ": " + value + "\n";
  };
  add("status", std::string(status_word(job)));
  add("done", slices_text(job));
  add("run", std::to_string(job.run) + ", attempt " + std::to_string(job.epoch));
  add(job.is_live ? "held by" : "last held by", job.holder);
  add(job.is_live ? "until" : job.will_retry ? "tries again before" : "was held until", job.lease_until);
  add("begun", job.created_at);
  add("last attempt", job.acquired_at);
  add("finished", job.finished_at);
  add("error", job.error);
  if (!job.is_consistent) add("note", "its slices were read in several snapshots of the source");
  if (job.staging) add("staging table", job.staging->display());
  add("command", job.description);
  add("report", job.report);
  return text;
}

}  // namespace

CLI::App* add_jobs_command(CLI::App& app, Arguments& arguments) {
  auto* jobs = app.add_subcommand("jobs", "List, show or forget the jobs with names that a target knows");
  jobs->add_option("ACTION", arguments.jobs_action, "list, show or forget")
      ->required()
      ->transform(one_of({job_actions.begin(), job_actions.end()}));
  jobs->add_option("NAME", arguments.jobs_name, "The job to show or to forget");
  jobs->add_option("--target", arguments.target,
                   "The database that the jobs load: a URI, a keyword string, or an id from the connections "
                   "file")
      ->required()
      ->type_name("C");
  jobs->add_option("--connections", arguments.connections,
                   "JSON file of connection ids (default: the one that LEAT_CONNECTIONS names, else "
                   "~/.config/leat/connections.json)")
      ->type_name("FILE");
  add_output_option(*jobs, arguments, "text or json");
  add_limit_options(*jobs, arguments);
  jobs->footer(
      "forget removes a job's record and its staging table; rows that it has committed to its table stay "
      "there.");
  return jobs;
}

int run_jobs(const Arguments& arguments, const std::stop_token& stop) {
  const bool is_list = arguments.jobs_action == "list";
  if (is_list != arguments.jobs_name.empty()) {
    throw Error(ErrorKind::config, is_list ? "jobs list takes no name"
                                           : "jobs " + arguments.jobs_action + " takes a job's name");
  }
  const auto [log, connections] = open_context(arguments, stop);
  JobRegistryOptions options{.target = resolved(connections, "--target", arguments.target), .log = log};
  set_limits(options.limits, arguments);
  const JobRegistry registry(std::move(options));
  const bool as_json = arguments.output == Output::json;
  if (is_list) {
    const auto jobs = registry.list(stop);
    print_report(arguments.output, to_json(jobs), list_text(jobs));
  } else if (arguments.jobs_action == "show") {
    const auto job = registry.show(arguments.jobs_name, stop);
    print_report(arguments.output, to_json(job), job_text(job));
  } else {
    const auto job = registry.forget(arguments.jobs_name, stop);
    print_report(arguments.output, to_json(job), "forgotten: " + line_text(job));
    if (!as_json && job.staging) print_text("dropped: " + job.staging->display() + "\n");
  }
  return 0;
}

}  // namespace leat::cli
