#include "cli/shared_options.hpp"

#include <CLI/CLI.hpp>
#include <map>

#include "cli/value_checks.hpp"

namespace leat::cli {
namespace {

const std::map<std::string, Output> output_names{{"text", Output::text}, {"json", Output::json}};
const std::map<std::string, LogFormat> log_format_names{{"text", LogFormat::text}, {"json", LogFormat::json}};

}  // namespace

void add_database_option(CLI::App& command, const std::string& name, std::string& value,
                         const std::string& help) {
  command.add_option(name, value, help)->required()->type_name("C");
}

void add_connections_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--connections", arguments.connections,
                  "JSON file of connection ids (default: the one that LEAT_CONNECTIONS names, else "
                  "~/.config/leat/connections.json)")
      ->type_name("FILE");
}

void add_table_options(CLI::App& command, Arguments& arguments, const std::string& from_help,
                       const std::string& to_help, bool or_many) {
  command.add_option("--from", arguments.from, from_help)
      ->required(!or_many)
      ->transform(table_name())
      ->type_name("S.T");
  command.add_option("--to", arguments.to, to_help)->transform(table_name())->type_name("S.T");
}

void add_column_options(CLI::App& command, Arguments& arguments, bool or_many) {
  auto* columns = command.add_option("--columns", arguments.columns, "Only these columns")
                      ->transform(column_names())
                      ->type_name("a,b");
  if (or_many) return;
  command.add_option("--exclude", arguments.exclude, "All columns but these")
      ->transform(column_names())
      ->type_name("a,b")
      ->excludes(columns);
}

void add_inheritance_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--inheritance", arguments.inheritance,
                  "Of a table that others inherit from: only its own rows, or the rows of its whole tree")
      ->transform(one_of({"only", "tree"}))
      ->type_name("only|tree");
}

void add_large_objects_option(CLI::App& command, Arguments& arguments, const std::string& help) {
  command.add_flag_callback(
      "--large-objects", [&arguments] { arguments.large_objects = LargeObjectMode::copied; }, help);
}

Inheritance inheritance_option(const Arguments& arguments) {
  return parse_inheritance(arguments.inheritance).value_or(Inheritance::refuse);
}

CLI::Option* add_repeated_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                                 const std::string& help, const std::string& value_name) {
  return command.add_option(name, values, help)->type_name(value_name)->take_all()->allow_extra_args(false);
}

CLI::Option* add_output_option(CLI::App& command, Arguments& arguments, const std::string& help) {
  return command.add_option("--output", arguments.output, help)
      ->transform(CLI::CheckedTransformer(output_names).description(""))
      ->transform(one_of({"text", "json"}))
      ->type_name("FORMAT")
      ->default_str("text");
}

void add_log_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--log-level", arguments.log_level, "trace, debug, info, warning, error or off")
      ->transform(one_of({"trace", "debug", "info", "warning", "warn", "error", "off"}))
      ->capture_default_str()
      ->type_name("LEVEL");
  command.add_option("--log-format", arguments.log_format, "text or json: the log on standard error")
      ->transform(CLI::CheckedTransformer(log_format_names).description(""))
      ->transform(one_of({"text", "json"}))
      ->type_name("FORMAT")
      ->default_str("text");
}

}  // namespace leat::cli
