#include "cli/repair_command.hpp"

#include <CLI/CLI.hpp>
#include <set>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::cli {
namespace {

const char* words_for(RepairOutcome outcome) {
  switch (outcome) {
    case RepairOutcome::restored:
      return "restored";
    case RepairOutcome::exists:
      return "exists again, left as it is";
    case RepairOutcome::table_gone:
      return "its table is gone";
    case RepairOutcome::in_use:
      return "in use";
    case RepairOutcome::failed:
      return "still missing";
  }
  return "";
}

}  // namespace

std::string report_text(const RepairReport& report) {
  std::string out = report.target + "\n";
  std::set<std::string> in_use;
  for (const auto& object : report.objects) {
    // What is said of one is true for all of the table.
    if (object.outcome == RepairOutcome::in_use && !in_use.insert(object.table).second) continue;
    out += object.table + ": ";
    if (object.outcome != RepairOutcome::in_use) {
      out += object.kind + " " + display_identifier(object.name) + ": ";
    }
    out += words_for(object.outcome);
    if (object.outcome == RepairOutcome::restored) out += " in " + detail::seconds_text(object.elapsed);
    out += "\n";
    if (!object.error) continue;
    const Error& error = *object.error;
    out +=
        "  " + (error.sqlstate().empty() ? "" : std::string(error.sqlstate()) + ": ") + error.what() + "\n";
    if (!error.detail().empty()) out.append("  detail: ").append(error.detail()).append("\n");
    if (!error.hint().empty()) out.append("  hint: ").append(error.hint()).append("\n");
  }
  if (report.objects.empty()) return out + "nothing is missing\n";
  return out + std::to_string(report.objects.size()) + " in the record, " + std::to_string(report.missing()) +
         " still missing\n";
}

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
  const RepairReport report = Repair(std::move(options)).run(stop);
  const auto error = report.first_error();
  const int code = error ? exit_code(error->kind()) : 0;
  print_report(output_of(arguments, code), to_json(report), report_text(report));
  return code;
}

}  // namespace leat::cli
