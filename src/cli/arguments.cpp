#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "cli/diff_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/jobs_command.hpp"
#include "cli/join_command.hpp"
#include "cli/load_commands.hpp"
#include "cli/output.hpp"
#include "cli/repair_command.hpp"
#include "cli/verify_command.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection_target.hpp"

namespace leat::cli {
namespace {

/// The report of a usage error for --output json, which was perhaps not parsed yet.
bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--output=json") return true;
    if (argument == "--output" && i + 1 < argc && std::string_view(argv[i + 1]) == "json") return true;
  }
  return false;
}

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Moves rows between PostgreSQL databases.", "leat");
  app.set_version_flag("--version", "leat " LEAT_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 2 usage or configuration, 3 source, 4 target, 5 transform, 6 done with rejects,\n"
      "7 verification failed, 9 done but the report is lost, 129 hung up, 130 interrupted, 143 terminated.\n"
      "More: leat help COMMAND");

  const std::pair<Command, const CLI::App*> commands[] = {
      {Command::copy_table, add_copy_table_command(app, arguments)},
      {Command::check, add_check_command(app, arguments)},
      {Command::copy_tables, add_copy_tables_command(app, arguments)},
      {Command::query, add_query_command(app, arguments)},
      {Command::jobs, add_jobs_command(app, arguments)},
      {Command::join, add_join_command(app, arguments)},
      {Command::repair, add_repair_command(app, arguments)},
      {Command::verify, add_verify_command(app, arguments)},
      {Command::diff, add_diff_command(app, arguments)},
  };

  std::string topic;
  auto* help = app.add_subcommand("help", "Print help, of one command if named");
  help->add_option("command", topic,
                   "copy-table, copy-tables, query, check, diff, jobs, join, repair or verify")
      ->check(CLI::IsMember(
          {"copy-table", "copy-tables", "query", "check", "diff", "jobs", "join", "repair", "verify"}));

  try {
    app.parse(argc, argv);
    if (help->parsed()) {
      const CLI::App* asked = topic.empty() ? &app : app.get_subcommand(topic);
      const std::string name = topic.empty() ? "leat" : "leat " + topic;
      print_text(app.get_formatter()->make_help(asked, name, CLI::AppFormatMode::Normal));
      return arguments;
    }
  } catch (const CLI::Success& success) {
    std::ostringstream text;
    arguments.exit_code = app.exit(success, text, text);
    print_text(text.str());
    return arguments;
  } catch (const CLI::ParseError& failure) {
    const std::string message = redact_secrets(failure.what());
    arguments.exit_code = exit_usage;
    if (wants_json(argc, argv)) {
      print_json(to_json(Error(ErrorKind::config, message)));
    }
    print_error("leat: " + message + "\nRun \"leat help\" for what the command takes.\n");
    return arguments;
  }
  for (const auto& [command, parsed] : commands) {
    if (parsed->parsed()) arguments.command = command;
  }
  return arguments;
}

}  // namespace leat::cli
