#include "cli/jobs_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/jobs_text.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/jobs/job_registry.hpp"

namespace leat::cli {
namespace {

/// Words that do not go together, or lack one.
void check_action(const Arguments& arguments) {
  const std::string& action = arguments.jobs_action;
  const bool is_named = !arguments.jobs_name.empty();
  const bool forgets = action == "forget";
  const auto refuse = [](const std::string& what) { throw Error(ErrorKind::config, what); };
  if (action == "list" && is_named) refuse("jobs list takes no name");
  if (action == "show" && !is_named) refuse("jobs show takes a job's name");
  if (forgets && is_named == arguments.done_jobs) {
    refuse(is_named ? "jobs forget takes a job's name or --done, not both"
                    : "jobs forget takes a job's name, or --done");
  }
  if (!forgets && arguments.done_jobs) refuse("--done belongs to jobs forget");
  if (!forgets && arguments.dry_run) refuse("--dry-run belongs to jobs forget");
}

void print_forgotten(const Arguments& arguments, const std::vector<KnownJob>& jobs) {
  const std::string word = arguments.dry_run ? "would be forgotten: " : "forgotten: ";
  std::string text;
  for (const auto& job : jobs) {
    text += word + job_line(job);
    if (!job.staging || !job.staging_exists) continue;
    text += (arguments.dry_run ? "would be dropped: " : "dropped: ") + job.staging->display() + "\n";
  }
  if (jobs.empty()) text = "no jobs\n";
  if (arguments.dry_run) text += "dry run: nothing was changed\n";
  // One that was named is one object.
  print_report(arguments.output, arguments.done_jobs ? to_json(jobs) : to_json(jobs.front()), text);
}

void forget(const JobRegistry& registry, const Arguments& arguments, const std::stop_token& stop) {
  const std::chrono::seconds since(arguments.older_than);
  if (arguments.done_jobs) {
    print_forgotten(arguments,
                    arguments.dry_run ? registry.list_done(since, stop) : registry.forget_done(since, stop));
  } else {
    print_forgotten(arguments, {arguments.dry_run ? registry.show(arguments.jobs_name, stop)
                                                  : registry.forget(arguments.jobs_name, stop)});
  }
}

/// Ends a watch that nobody reads.
struct NobodyReads {};

/// Returns the exit code: whether the job that was named is done.
int watch(const JobRegistry& registry, const Arguments& arguments, const std::stop_token& stop) {
  std::map<std::string, std::string> told;
  const auto tell_changes = [&](const std::vector<KnownJob>& jobs) {
    for (const auto& job : jobs) {
      std::string line = job_line(job);
      std::string& last = told[job.name];
      if (line == last) continue;
      print_text(line);
      last = std::move(line);
    }
    if (jobs.empty()) print_text("no jobs\n");
  };
  const auto tell = [&](const std::vector<KnownJob>& jobs) {
    if (arguments.output == Output::text) tell_changes(jobs);
    // Where no job is at work the watch ends anyway; and a stop has an exit code of its own.
    const bool goes_on = std::any_of(jobs.begin(), jobs.end(), is_at_work) && !stop.stop_requested();
    if (goes_on && output_is_lost()) throw NobodyReads{};
  };
  std::vector<KnownJob> jobs;
  try {
    jobs = registry.watch(arguments.jobs_name, tell, std::chrono::seconds(1), stop);
  } catch (const NobodyReads&) {
    return 0;  // end_output() tells why, and has the exit code
  }
  if (arguments.output == Output::json) {
    print_json(arguments.jobs_name.empty() ? to_json(jobs) : to_json(jobs.front()));
  }
  const bool is_undone = !arguments.jobs_name.empty() && jobs.front().state != JobState::done;
  return is_undone ? exit_code(ErrorKind::target) : 0;
}

}  // namespace

CLI::App* add_jobs_command(CLI::App& app, Arguments& arguments) {
  auto* jobs =
      app.add_subcommand("jobs", "List, show, watch or forget the jobs with names that a target knows");
  jobs->add_option("ACTION", arguments.jobs_action, "list, show, watch or forget")
      ->required()
      ->transform(one_of({job_actions.begin(), job_actions.end()}));
  jobs->add_option("NAME", arguments.jobs_name, "The job to show, to watch (not given: all) or to forget");
  jobs->add_option("--target", arguments.target,
                   "The database that the jobs load: a URI, a keyword string, or an id from the connections "
                   "file")
      ->required()
      ->type_name("C");
  jobs->add_option("--connections", arguments.connections,
                   "JSON file of connection ids (default: the one that LEAT_CONNECTIONS names, else "
                   "~/.config/leat/connections.json)")
      ->type_name("FILE");
  auto* done = jobs->add_flag("--done", arguments.done_jobs, "Forget all jobs that are done");
  jobs->add_option("--older-than", arguments.older_than, "Of those, the ones done since so long: 12h, 30d")
      ->transform(age())
      ->type_name("TIME")
      ->needs(done);
  jobs->add_flag("--dry-run", arguments.dry_run, "Print what would be forgotten; change nothing");
  add_output_option(*jobs, arguments, "text or json");
  add_log_options(*jobs, arguments);
  add_limit_options(*jobs, arguments);
  jobs->footer(
      "forget removes a job's record and its staging table; rows that it has committed to its table stay "
      "there. watch prints a line whenever something has changed, until no process works on a job, or nobody "
      "reads what it prints (exit code 9); the exit code is 4 if the job that was named is not done then.");
  return jobs;
}

int run_jobs(const Arguments& arguments, const std::stop_token& stop) {
  check_action(arguments);
  const auto [log, connections] = open_context(arguments, stop);
  JobRegistryOptions options{.target = resolved(connections, "--target", arguments.target), .log = log};
  set_limits(options.limits, arguments);
  const JobRegistry registry(std::move(options));
  if (arguments.jobs_action == "list") {
    const auto jobs = registry.list(stop);
    print_report(arguments.output, to_json(jobs), job_list(jobs));
  } else if (arguments.jobs_action == "show") {
    const auto job = registry.show(arguments.jobs_name, stop);
    print_report(arguments.output, to_json(job), job_text(job));
  } else if (arguments.jobs_action == "watch") {
    return watch(registry, arguments, stop);
  } else {
    forget(registry, arguments, stop);
  }
  return 0;
}

}  // namespace leat::cli
