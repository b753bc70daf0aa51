#include "cli/diff_command.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <string>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "leat/jobs/table_diff.hpp"

namespace leat::cli {

namespace {

// As diff(1) has it.
constexpr int exit_different = 1;

const std::map<std::string, Output> output_names{{"text", Output::text}, {"json", Output::json}};

}  // namespace

CLI::App* add_diff_command(CLI::App& app, Arguments& arguments) {
  auto* diff =
      app.add_subcommand("diff", "Tell how two tables differ: columns, keys, checks, indexes, types");
  diff->add_option("--source", arguments.source, "Where the first one is: as for copy-table")
      ->required()
      ->type_name("C");
  diff->add_option("--target", arguments.target, "Where the other one is: the same")
      ->required()
      ->type_name("C");
  diff->add_option("--connections", arguments.connections, "JSON file of connection ids")->type_name("FILE");
  diff->add_option("--from", arguments.from, "The source's table, as in SQL")->required()->type_name("S.T");
  diff->add_option("--to", arguments.to, "The target's table (default: named as --from)")->type_name("S.T");
  auto* columns = diff->add_option("--columns", arguments.columns, "Only these columns")->type_name("a,b");
  diff->add_option("--exclude", arguments.exclude, "All columns but these")
      ->type_name("a,b")
      ->excludes(columns);
  diff->add_option("--rename", arguments.renames, "The source's column a is the target's column b")
      ->type_name("a=b")
      ->take_all()
      ->allow_extra_args(false);
  diff->add_option("--output", arguments.output, "text or json")
      ->transform(CLI::CheckedTransformer(output_names).description(""))
      ->transform(CLI::IsMember({"text", "json"}).description(""))
      ->type_name("FORMAT")
      ->default_str("text");
  diff->footer(
      "Exit codes: 0 equal, 1 different, 2 usage or configuration, 3 source, 4 target, 130 interrupted.");
  return diff;
}

int run_diff(const Arguments& arguments, const std::stop_token& stop) {
  const auto [log, connections] = open_context(arguments);
  const TableDiff diff({.source = connections.resolve(arguments.source),
                        .target = connections.resolve(arguments.target),
                        .from = arguments.from,
                        .to = arguments.to,
                        .columns = split_columns(arguments.columns),
                        .exclude = split_columns(arguments.exclude),
                        .rename = split_renames(arguments.renames),
                        .log = log});
  const TableDiffReport report = diff.run(stop);
  std::cout << (arguments.output == Output::json ? to_json(report) + "\n" : to_text(report));
  return report.equal() ? 0 : exit_different;
}

}  // namespace leat::cli
