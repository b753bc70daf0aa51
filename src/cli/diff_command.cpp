#include "cli/diff_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/many_tables.hpp"
#include "cli/output.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/table_pair.hpp"
#include "leat/jobs/table_diff.hpp"

namespace leat::cli {

CLI::App* add_diff_command(CLI::App& app, Arguments& arguments) {
  auto* diff =
      app.add_subcommand("diff", "Tell how two tables differ: columns, keys, checks, indexes, types");
  add_database_option(*diff, "--source", arguments.source, "Where the first one is: as for copy-table");
  add_database_option(*diff, "--target", arguments.target, "Where the other one is: the same");
  add_connections_option(*diff, arguments);
  add_limit_options(*diff, arguments);
  add_table_options(*diff, arguments, "The source's table, as in SQL",
                    "The target's table (default: named as --from)", true);
  add_column_options(*diff, arguments, true);
  add_repeated_option(*diff, "--rename", arguments.renames, "The source's column a is the target's column b",
                      "a=b");
  add_quiet_option(*diff, arguments);
  add_output_option(*diff, arguments, "text or json");
  add_log_options(*diff, arguments);
  add_many_tables_options(*diff, arguments, {"--rename"});
  diff->footer(
      "Exit codes: 0 equal, 1 different, 2 usage or configuration, 3 source, 4 target, "
      "9 the report is lost, 129 hung up, 130 interrupted, 143 terminated.");
  return diff;
}

int run_diff(const Arguments& arguments, const std::stop_token& stop) {
  const auto context = open_context(arguments, stop);
  if (!arguments.include_tables.empty()) {
    TableDiffOptions options{.source = resolved(context.connections, "--source", arguments.source),
                             .target = resolved(context.connections, "--target", arguments.target),
                             .log = context.log};
    set_limits(options.limits, arguments);
    const auto compare_one = [&](TableSelection table) {
      table.inheritance = Inheritance::refuse;  // no rows are read
      options.table = std::move(table);
      const TableDiffReport report = arguments.hints.in_report(TableDiff(options).run(stop));
      return TableOutcome{
          .code = report.equal() ? 0 : exit_different, .json = to_json(report), .text = to_text(report)};
    };
    return run_for_tables(arguments, context, compare_one, stop);
  }
  auto options = table_pair_options<TableDiffOptions>(arguments, context.connections);
  options.log = context.log;
  set_limits(options.limits, arguments);
  const TableDiffReport report = arguments.hints.in_report(TableDiff(std::move(options)).run(stop));
  const int code = report.equal() ? 0 : exit_different;
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

}  // namespace leat::cli
