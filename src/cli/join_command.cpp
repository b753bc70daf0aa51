#include "cli/join_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/load_options.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/jobs/job_registry.hpp"

namespace leat::cli {

CLI::App* add_join_command(CLI::App& app, Arguments& arguments) {
  auto* join =
      app.add_subcommand("join", "Work on a job that is at work in another process (copy-table --job)");
  join->add_option("NAME", arguments.jobs_name, "The job")->required();
  add_database_option(
      *join, "--target", arguments.target,
      "The database that the job loads: a URI, a keyword string, or an id from the connections file");
  join->add_option_function<std::string>(
          "--source",
          [&arguments](const std::string& source) {
            arguments.source = source;
            arguments.has_source = true;
          },
          "Where the job reads (default: what its own command calls it, found in the connections file)")
      ->type_name("C");
  add_connections_option(*join, arguments);
  add_limit_options(*join, arguments);
  join->add_option("--readers", arguments.readers, "Sessions of this process that read; 0: as many as suits")
      ->transform(worker_count())
      ->capture_default_str()
      ->type_name("N");
  join->add_option("--writers", arguments.writers, "Sessions of this process that write; 0: as many as suits")
      ->transform(worker_count())
      ->capture_default_str()
      ->type_name("N");
  add_run_options(*join, arguments);
  return join;
}

int run_join(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  const auto [log, connections] = open_context(arguments, stop);
  JoinOptions options{.connections = connections,
                      .on_progress = [&line](const Progress& progress) { line.draw(progress); },
                      .readers = arguments.readers,
                      .writers = arguments.writers,
                      .memory = parse_bytes(arguments.memory)};
  if (arguments.has_source) options.source = resolved(connections, "--source", arguments.source);
  JobRegistryOptions registry{.target = resolved(connections, "--target", arguments.target), .log = log};
  set_limits(registry.limits, arguments);
  const JobReport report =
      arguments.hints.in_report(JobRegistry(std::move(registry)).join(arguments.jobs_name, options, stop));
  line.finish();
  const int code = exit_code(report.status);
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

}  // namespace leat::cli
