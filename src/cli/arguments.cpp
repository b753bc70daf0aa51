#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/clone_command.hpp"
#include "cli/command_words.hpp"
#include "cli/completion.hpp"
#include "cli/connections_command.hpp"
#include "cli/convert_command.hpp"
#include "cli/diff_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/help_text.hpp"
#include "cli/help_topics.hpp"
#include "cli/init_command.hpp"
#include "cli/jobs_command.hpp"
#include "cli/join_command.hpp"
#include "cli/load_commands.hpp"
#include "cli/manual_page.hpp"
#include "cli/nearest.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/repair_command.hpp"
#include "cli/run_command.hpp"
#include "cli/schema_command.hpp"
#include "cli/transform_command.hpp"
#include "cli/validate_command.hpp"
#include "cli/verify_command.hpp"
#include "cli/watermark_command.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection_target.hpp"
#include "leat/version.hpp"

namespace leat::cli {
namespace {

constexpr const char* manual_option = "--man";

std::string version_text() {
  return "leat " + std::string(version());
}

/// Whether that option is json. For a usage error, of which it was perhaps not parsed yet.
bool wants_json(std::string_view option, int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == std::string(option) + "=json") return true;
    if (argument == option && i + 1 < argc && std::string_view(argv[i + 1]) == "json") return true;
  }
  return false;
}

/// What a command does, if it does several things.
std::vector<std::string> actions_of(const std::string& command) {
  if (command == "jobs") return {job_actions.begin(), job_actions.end()};
  if (command == "transform") return {transform_actions.begin(), transform_actions.end()};
  if (command == "schema") return {schema_actions.begin(), schema_actions.end()};
  return {};
}

/// "help", "help COMMAND" or "help jobs list", any of them with --man. @throws Error (config).
std::string help_on(const CLI::App& app, std::vector<std::string> words) {
  const bool as_page = std::erase(words, manual_option) > 0;
  const auto help = [as_page](const CLI::App& topic) {
    return as_page ? manual_page(topic) : help_text(topic, help_width());
  };
  if (words.size() < 2) return help(app);
  const std::string& topic = words[1];
  const auto names = command_names(app);
  if (std::find(names.begin(), names.end(), topic) == names.end()) {
    throw Error(ErrorKind::config, shown(topic) + " is no command" + did_you_mean(topic, names));
  }
  const std::vector<std::string> actions = actions_of(topic);
  const bool has_action =
      words.size() == 3 && std::find(actions.begin(), actions.end(), words[2]) != actions.end();
  if (words.size() > 2 && !has_action) {
    throw Error(ErrorKind::config,
                !actions.empty() ? shown(words.back()) + " is no action of leat " + topic + ", which are " +
                                       any_of(actions) + did_you_mean(words.back(), actions)
                                 : shown(words[2]) + " is one word too many for leat help " + topic);
  }
  return help(*app.get_subcommand(topic));
}

/// Whether these are the words of help_on(): help is asked for, and not of help itself.
bool asks_for_help(const std::vector<std::string>& words) {
  if (words.empty() || words.front() != "help") return false;
  return words.size() < 2 || !words[1].starts_with('-') || words[1] == manual_option;
}

/// Says on standard error, and for --output json on standard output, why the command line is not taken.
void print_usage_error(const Error& error, bool as_json, const std::string& command) {
  if (as_json) print_json(to_json(error));
  const bool has_topic = !command.empty() && command != "help" && command != "version";
  print_failure(error, exit_usage,
                error_text(error) + "Run \"leat help" + (has_topic ? " " + command : "") +
                    "\" for what the command takes.\n");
}

/// The command that stands first, if it is one.
std::string command_of(const CLI::App& app, const std::vector<std::string>& words) {
  const auto names = command_names(app);
  const bool known = !words.empty() && std::find(names.begin(), names.end(), words.front()) != names.end();
  return known ? words.front() : "";
}

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Moves rows between PostgreSQL databases.", "leat");
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("-V,--version", version_text(), "Print the version");
  app.require_subcommand(1);
  app.footer("Exit codes: " + exit_codes_text() + ".\nMore: leat help COMMAND");

  const std::pair<Command, const CLI::App*> commands[] = {
      {Command::copy_table, add_copy_table_command(app, arguments)},
      {Command::check, add_check_command(app, arguments)},
      {Command::copy_tables, add_copy_tables_command(app, arguments)},
      {Command::clone, add_clone_command(app, arguments)},
      {Command::query, add_query_command(app, arguments)},
      {Command::jobs, add_jobs_command(app, arguments)},
      {Command::join, add_join_command(app, arguments)},
      {Command::repair, add_repair_command(app, arguments)},
      {Command::verify, add_verify_command(app, arguments)},
      {Command::diff, add_diff_command(app, arguments)},
      {Command::schema, add_schema_command(app, arguments)},
      {Command::transform, add_transform_command(app, arguments)},
      {Command::connections, add_connections_command(app, arguments)},
      {Command::run, add_run_command(app, arguments)},
      {Command::plan, add_plan_command(app, arguments)},
      {Command::validate, add_validate_command(app, arguments)},
      {Command::init, add_init_command(app, arguments)},
      {Command::schema_file, add_schema_file_command(app, arguments)},
      {Command::convert, add_convert_command(app, arguments)},
      {Command::watermark, add_watermark_command(app, arguments)},
  };

  auto* help = app.add_subcommand("help", "Print help, of one command if named");
  help->add_option("COMMAND", "The command; without it all of them are listed");
  help->add_flag(manual_option)->description("Print it as a manual page (troff), for man -l -");
  const auto* completion = add_completion_command(app);
  app.add_subcommand("version", "Print the version");

  if (wants_json("--log-format", argc, argv)) set_error_format(LogFormat::json);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  const auto not_taken = [&](const Error& error) {
    arguments.exit_code = exit_usage;
    print_usage_error(error.with_message(redact_secrets(error.what())), wants_json("--output", argc, argv),
                      command_of(app, words));
    return arguments;
  };
  try {
    if (asks_for_help(words)) {
      print_text(help_on(app, words));
      return arguments;
    }
    auto checked = checked_words(app, words);
    if (checked.front() == "version" && checked.size() == 1) {
      print_text(version_text() + "\n");
      return arguments;
    }
    // CLI11 takes them from the end.
    std::reverse(checked.begin(), checked.end());
    app.parse(std::move(checked));
    if (completion->parsed()) print_text(bash_completion(app));
  } catch (const CLI::CallForVersion&) {
    print_text(version_text() + "\n");
    return arguments;
  } catch (const CLI::CallForHelp&) {
    const std::string command = command_of(app, words);
    print_text(help_text(command.empty() ? app : *app.get_subcommand(command), help_width()));
    return arguments;
  } catch (const CLI::ParseError& failure) {
    return not_taken(Error(ErrorKind::config, failure.what()));
  } catch (const Error& error) {
    return not_taken(error);
  }
  for (const auto& [command, parsed] : commands) {
    if (!parsed->parsed()) continue;
    arguments.command = command;
    arguments.hints = HintOptions(app, parsed->get_name());
  }
  return arguments;
}

}  // namespace leat::cli
