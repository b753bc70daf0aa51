#include "cli/clone_command.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <utility>

#include "cli/clone_hints.hpp"
#include "cli/clone_run.hpp"
#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/load_options.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/throttle_options.hpp"
#include "cli/value_checks.hpp"

namespace leat::cli {
namespace {

constexpr std::uint64_t most_clone_jobs = 64;

/// Ends the clone when all is told. The report stands on standard output already, as the one document, so an
/// error is told beside it.
int forget(CloneRun& run, const std::stop_token& stop) {
  const auto failed = [](const Error& error) {
    const Error told = error.with_message(
        "the clone is complete, but leat_meta.clones in the target could not be taken away, which the same "
        "command again does: " +
        std::string(error.what()));
    print_failure(told, exit_code(told.kind()), error_text(told));
    return exit_code(told.kind());
  };
  try {
    run.forget(stop);
    return 0;
  } catch (const Stopped&) {
    return failed(Error(ErrorKind::cancelled, "stopped"));
  } catch (const Error& error) {
    return failed(error);
  }
}

int clone(const CloneOptions& options, const Arguments& arguments, ProgressLine& line,
          const std::stop_token& stop) {
  CloneRun run(options, stop);
  if (arguments.dry_run) {
    CloneReport plan = run.plan();
    plan.is_plan = true;
    const int code = has_error(plan.findings) ? exit_code(to_error(plan.findings).kind()) : 0;
    print_report(output_of(arguments, code), to_json(plan), report_text(plan));
    return code;
  }
  CloneReport report = run.run(stop);
  report.tables = in_words_of_clone(arguments.hints, std::move(report.tables));
  line.finish();
  const auto error = report.tables.first_error();
  const int code = error ? exit_code(error->kind()) : 0;
  print_report(output_of(arguments, code), to_json(report), report_text(report));
  // A report that is lost comes with the same command again.
  return error || has_lost_output() ? code : forget(run, stop);
}

}  // namespace

CLI::App* add_clone_command(CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand(
      "clone",
      "Copy a whole database into an empty one: definitions by pg_dump, rows by leat, in one snapshot");
  add_database_option(*command, "--source", arguments.source,
                      "The database: a URI, a keyword string, or an id from the connections file");
  add_database_option(*command, "--target", arguments.target,
                      "An empty database, or one into which the same clone has begun: the same");
  add_connections_option(*command, arguments);
  command
      ->add_option("--jobs", arguments.jobs,
                   "Tables that are copied, and then indexes that are made, at the same time")
      ->transform(whole_number(1, most_clone_jobs))
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--pg-bin", arguments.pg_bin, "Directory of pg_dump and pg_restore (default: PATH)")
      ->type_name("DIR");
  command->add_flag("--no-owner", arguments.no_owner, "All belongs to the role that connects to the target");
  command->add_flag("--no-privileges", arguments.no_privileges, "Leave out what GRANT and REVOKE have set");
  command->add_flag("--no-tablespaces", arguments.no_tablespaces, "All is in the target's own tablespace");
  command->add_flag("--verify", arguments.verify,
                    "Compare each table with the source before its commit; where it differs commit nothing");
  command->add_flag("--dry-run", arguments.dry_run, "Tell what stands against the clone, and change nothing");
  add_throttle_options(*command, arguments);
  add_limit_options(*command, arguments);
  add_run_options(*command, arguments);
  return command;
}

int run_clone(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  const auto [log, connections] = open_context(arguments, stop);
  CloneOptions options{.source = resolved(connections, "--source", arguments.source),
                       .target = resolved(connections, "--target", arguments.target),
                       .jobs = arguments.jobs,
                       .pg_bin = arguments.pg_bin,
                       .no_owner = arguments.no_owner,
                       .no_privileges = arguments.no_privileges,
                       .no_tablespaces = arguments.no_tablespaces,
                       .on_progress = [&line](const TablesProgress& progress) { line.draw(progress); },
                       .stream = stream_options(arguments, log)};
  const char* const stopped = "the clone was stopped; what is done stays, and the same command goes on";
  try {
    return clone(options, arguments, line, stop);
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, stopped);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled) throw in_words_of_clone(arguments.hints, error);
    throw error.with_message(stopped);
  }
}

}  // namespace leat::cli
