#include "cli/repair_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"

namespace leat::cli {
CLI::App* add_repair_command(CLI::App& app, Arguments& arguments) {
  auto* repair = app.add_subcommand(
      "repair", "Bring back indexes and constraints that a load which did not end has dropped");
  add_database_option(*repair, "--target", arguments.target,
                      "The database: a URI, a keyword string, or an id from the connections file");
  repair->add_option("--table", arguments.to, "Only this table's (default: all)")
      ->transform(table_name())
      ->type_name("S.T");
  add_connections_option(*repair, arguments);
  add_limit_options(*repair, arguments);
  add_quiet_option(*repair, arguments);
  add_output_option(*repair, arguments);
  add_log_options(*repair, arguments);
  return repair;
}

int run_repair(const Arguments& arguments, const std::stop_token& stop) {
  const auto [log, connections] = open_context(arguments, stop);
  RepairOptions options{
      .target = resolved(connections, "--target", arguments.target), .table = arguments.to, .log = log};
  set_limits(options.limits, arguments);
  const RepairReport report = arguments.hints.in_report(Repair(std::move(options)).run(stop));
  const auto error = report.first_error();
  const int code = error ? exit_code(error->kind()) : 0;
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

}  // namespace leat::cli
