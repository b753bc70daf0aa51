#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <string_view>

#include "cli/diff_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/jobs_command.hpp"
#include "cli/repair_command.hpp"
#include "cli/schema_options.hpp"
#include "cli/verify_command.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/job_report.hpp"
#include "leat/postgres/connection_target.hpp"

namespace leat::cli {
namespace {

const std::map<std::string, ProgressWhen> progress_names{
    {"auto", ProgressWhen::automatic}, {"always", ProgressWhen::always}, {"never", ProgressWhen::never}};
const std::map<std::string, Output> output_names{{"text", Output::text}, {"json", Output::json}};
const std::map<std::string, LogFormat> log_format_names{{"text", LogFormat::text}, {"json", LogFormat::json}};

constexpr const char* connection_help =
    "a URI (postgresql://user@host/db), a keyword string (\"host=… dbname=…\"), or an id from the "
    "connections file";

void add_common(CLI::App& command, Arguments& arguments) {
  command.add_option("--source", arguments.source, std::string("Where rows come from: ") + connection_help)
      ->required()
      ->type_name("C");
  command.add_option("--target", arguments.target, "Where rows go: the same")->required()->type_name("C");
  command
      .add_option(
          "--mode", arguments.mode,
          "replace, append, swap (readers never wait), upsert, insert-missing, delete-insert or sync; "
          "each in one transaction, and on any failure the old rows stay")
      ->check(
          CLI::IsMember({"replace", "append", "swap", "upsert", "insert-missing", "delete-insert", "sync"}))
      ->capture_default_str()
      ->type_name("MODE");
  command.add_option("--connections", arguments.connections, "JSON file of connection ids")
      ->type_name("FILE");
  add_schema_options(command, arguments);
  command.add_flag("--disable-triggers", arguments.disable_triggers,
                   "Keep the target's triggers and foreign keys silent during the load");
  command.add_flag("--into-view", arguments.into_view,
                   "Allow a view as the target: rows are inserted through it (with --mode append)");
  command.add_flag("--analyze", arguments.analyze, "ANALYZE the target after the load");
  command.add_flag(
      "--verify", arguments.verify,
      "Compare what was loaded with the source before the commit; where it differs commit nothing");
  command.add_flag("--dry-run", arguments.dry_run,
                   "Print the plan (columns, format, SQL) and change nothing");
  command.add_option("--batch-bytes", arguments.batch_bytes, "Size of one batch")
      ->capture_default_str()
      ->type_name("SIZE");
  command.add_option("--memory", arguments.memory, "Bound for the rows on their way")
      ->capture_default_str()
      ->type_name("SIZE");
  command
      .add_option("--progress", arguments.progress,
                  "auto, always or never: the progress line on standard error")
      ->transform(CLI::CheckedTransformer(progress_names).description(""))
      ->transform(CLI::IsMember({"auto", "always", "never"}).description(""))
      ->type_name("WHEN")
      ->default_str("auto");
  command.add_option("--output", arguments.output, "text or json: the report on standard output")
      ->transform(CLI::CheckedTransformer(output_names).description(""))
      ->transform(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT")
      ->default_str("text");
  command.add_option("--log-level", arguments.log_level, "trace, debug, info, warning, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "warn", "error", "off"}))
      ->capture_default_str()
      ->type_name("LEVEL");
  command.add_option("--log-format", arguments.log_format, "text or json: the log on standard error")
      ->transform(CLI::CheckedTransformer(log_format_names).description(""))
      ->transform(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT")
      ->default_str("text");
}

void add_key_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--key", arguments.key,
                  "The target's columns by which upsert, insert-missing, delete-insert and sync match rows "
                  "(default: its primary key)")
      ->type_name("a,b");
}

void add_indexes(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--indexes", arguments.indexes,
                  "keep, rebuild (drop secondary indexes and constraints, and make them again after the "
                  "load) or auto")
      ->check(CLI::IsMember({"keep", "rebuild", "auto"}))
      ->capture_default_str()
      ->type_name("WHAT");
}

void add_copy_options(CLI::App& command, Arguments& arguments) {
  add_common(command, arguments);
  add_key_option(command, arguments);
  add_indexes(command, arguments);
  command
      .add_option("--from", arguments.from,
                  "Table to read, as in SQL: orders, sales.orders, '\"Sales\".\"Order\"'")
      ->required()
      ->type_name("S.T");
  command.add_option("--to", arguments.to, "Table to load (default: named as --from)")->type_name("S.T");
  auto* columns = command.add_option("--columns", arguments.columns, "Only these columns")->type_name("a,b");
  command.add_option("--exclude", arguments.exclude, "All columns but these")
      ->type_name("a,b")
      ->excludes(columns);
  command.add_option("--where", arguments.where, "Only rows that meet this SQL condition")->type_name("SQL");
  command.add_option("--rename", arguments.renames, "Source column a goes into the target's column b")
      ->type_name("a=b")
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--map", arguments.maps,
                  "The target's column b gets the value of an SQL expression over the source's columns")
      ->type_name("b=SQL")
      ->take_all()
      ->allow_extra_args(false);
  command
      .add_option("--readers", arguments.readers,
                  "Sessions that read the table at the same time, in one snapshot")
      ->capture_default_str()
      ->type_name("N");
}

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
      "7 verification failed, 130 interrupted.   More: leat help COMMAND");

  auto* copy = app.add_subcommand("copy-table", "Copy a table into a table of another database");
  add_copy_options(*copy, arguments);
  auto* check =
      app.add_subcommand("check", "Tell what stands against a copy-table of these options; change nothing");
  add_copy_options(*check, arguments);

  auto* tables =
      app.add_subcommand("copy-tables", "Copy many tables, all from one snapshot, into those of their names");
  add_common(*tables, arguments);
  tables
      ->add_option("--include", arguments.include_tables,
                   "Tables, as in SQL with * and ?: 'sales.*' (ordinary ones and leaves of partitioned ones)")
      ->required()
      ->type_name("P")
      ->take_all()
      ->allow_extra_args(false);
  tables->add_option("--exclude", arguments.exclude_tables, "Of those, all but these")
      ->type_name("P")
      ->take_all()
      ->allow_extra_args(false);
  tables->add_option("--jobs", arguments.jobs, "Tables that are copied at the same time")
      ->capture_default_str()
      ->type_name("N");

  auto* query = app.add_subcommand("query", "Load the rows of a query into a table of another database");
  add_common(*query, arguments);
  add_key_option(*query, arguments);
  add_indexes(*query, arguments);
  query->add_option("--to", arguments.to, "Table to load")->required()->type_name("S.T");
  auto* sql =
      query->add_option("--sql", arguments.sql, "The query; :name stands for a parameter")->type_name("SQL");
  auto* file =
      query->add_option("--file", arguments.file, "File that holds the query")->type_name("F")->excludes(sql);
  query->add_option("--param", arguments.parameters, "A parameter's value; once for each")
      ->type_name("name=value")
      ->take_all()
      ->allow_extra_args(false);

  auto* jobs = add_jobs_command(app, arguments);
  auto* repair = add_repair_command(app, arguments);
  auto* verify = add_verify_command(app, arguments);
  const auto* diff = add_diff_command(app, arguments);

  std::string topic;
  auto* help = app.add_subcommand("help", "Print help, of one command if named");
  help->add_option("command", topic, "copy-table, copy-tables, query, check, diff, jobs, repair or verify")
      ->check(
          CLI::IsMember({"copy-table", "copy-tables", "query", "check", "diff", "jobs", "repair", "verify"}));

  try {
    app.parse(argc, argv);
    if (help->parsed()) {
      const CLI::App* asked = topic.empty() ? &app : app.get_subcommand(topic);
      const std::string name = topic.empty() ? "leat" : "leat " + topic;
      std::cout << app.get_formatter()->make_help(asked, name, CLI::AppFormatMode::Normal);
      return arguments;
    }
    if (query->parsed() && sql->empty() && file->empty()) throw CLI::RequiredError("--sql or --file");
  } catch (const CLI::Success& success) {
    arguments.exit_code = app.exit(success);
    return arguments;
  } catch (const CLI::ParseError& failure) {
    const std::string message = redact_secrets(failure.what());
    arguments.exit_code = exit_usage;
    if (wants_json(argc, argv)) {
      std::cout << to_json(Error(ErrorKind::config, message)) << '\n';
    }
    std::cerr << "leat: " << message << "\nRun \"leat help\" for what the command takes.\n";
    return arguments;
  }
  arguments.command = copy->parsed()     ? Command::copy_table
                      : check->parsed()  ? Command::check
                      : tables->parsed() ? Command::copy_tables
                      : jobs->parsed()   ? Command::jobs
                      : repair->parsed() ? Command::repair
                      : verify->parsed() ? Command::verify
                      : diff->parsed()   ? Command::diff
                                         : Command::query;
  return arguments;
}

std::vector<std::string> split_columns(const std::string& text) {
  std::vector<std::string> names;
  std::size_t i = 0;
  while (i <= text.size() && !text.empty()) {
    std::string name;
    bool quoted = false;
    bool was_quoted = false;
    for (; i < text.size() && (quoted || text[i] != ','); ++i) {
      const char c = text[i];
      if (c == '"') {
        if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
          name += text[++i];
        } else {
          quoted = !quoted;
          was_quoted = true;
        }
      } else if (quoted) {
        name += c;
      } else if (c != ' ') {
        name += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    if (quoted) throw Error(ErrorKind::config, "a double quote is not closed in " + text);
    if (name.empty() && !was_quoted)
      throw Error(ErrorKind::config, "a column's name is missing in \"" + text + "\"");
    names.push_back(std::move(name));
    if (i >= text.size()) break;
    ++i;
    if (i == text.size()) throw Error(ErrorKind::config, "a column's name is missing in \"" + text + "\"");
  }
  return names;
}

std::map<std::string, std::string> split_assignments(const std::vector<std::string>& texts,
                                                     const std::string& option) {
  std::map<std::string, std::string> values;
  for (const auto& text : texts) {
    bool quoted = false;
    const auto equals = std::find_if(text.begin(), text.end(), [&quoted](char c) {
      if (c == '"') quoted = !quoted;
      return c == '=' && !quoted;
    });
    const std::string left(text.begin(), equals);
    const auto names = left.empty() ? std::vector<std::string>() : split_columns(left);
    if (names.size() != 1 || equals == text.end() || equals + 1 == text.end()) {
      throw Error(ErrorKind::config, option + " takes column=value, not \"" + text + "\"");
    }
    if (!values.emplace(names.front(), std::string(equals + 1, text.end())).second) {
      throw Error(ErrorKind::config, option + " names the column " + left + " twice");
    }
  }
  return values;
}

std::map<std::string, std::string> split_renames(const std::vector<std::string>& texts) {
  auto renames = split_assignments(texts, "--rename");
  for (auto& [from, to] : renames) {
    const auto names = split_columns(to);
    if (names.size() != 1) throw Error(ErrorKind::config, "--rename takes one column for another, not " + to);
    to = names.front();
  }
  return renames;
}

}  // namespace leat::cli
