#include "cli/watermark_command.hpp"

#include <CLI/CLI.hpp>

#include "cli/command_context.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/progress_line.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/jobs/watermark_registry.hpp"

namespace leat::cli {
namespace {

/// Words that do not go together, or lack one.
void check_watermark_action(const Arguments& arguments) {
  const std::string& action = arguments.watermark_action;
  const auto refuse_if = [](bool wrong, const char* what) {
    if (wrong) throw Error(ErrorKind::config, what);
  };
  refuse_if(action == "list" && !arguments.watermark_name.empty(), "watermark list takes no name");
  refuse_if(action != "list" && arguments.watermark_name.empty(), "a watermark's name is missing");
  refuse_if(action == "set" && arguments.watermark_value.empty(),
            "watermark set takes a name and the value up to which rows are loaded");
  refuse_if(action == "reset" && !arguments.watermark_value.empty(), "watermark reset takes a name alone");
}

std::string watermark_line(const Watermark& mark) {
  std::string line = mark.name + ": ";
  if (!mark.column.empty()) line += mark.column + " up to ";
  line += mark.value;
  if (!mark.table.empty()) line += ", in " + mark.table;
  if (mark.rows > 0) {
    line +=
        ", " + with_thousands(static_cast<std::uint64_t>(mark.rows)) + (mark.rows == 1 ? " row" : " rows");
  }
  return line + ", since " + mark.changed_at + "\n";
}

}  // namespace

CLI::App* add_watermark_command(CLI::App& app, Arguments& arguments) {
  auto* watermark = app.add_subcommand(
      "watermark", "List, set or reset how far loads with --incremental have come that a target knows");
  watermark->add_option("ACTION", arguments.watermark_action, "list, set or reset")
      ->required()
      ->transform(one_of({"list", "set", "reset"}));
  watermark->add_option("NAME", arguments.watermark_name, "The watermark to set or to reset");
  watermark->add_option("VALUE", arguments.watermark_value,
                        "The value to set, as SQL writes it: the next load reads what lies above");
  watermark
      ->add_option("--target", arguments.target,
                   "The database that is loaded: a URI, a keyword string, or an id from the connections file")
      ->required()
      ->type_name("C");
  watermark
      ->add_option("--connections", arguments.connections,
                   "JSON file of connection ids (default: the one that LEAT_CONNECTIONS names, else "
                   "~/.config/leat/connections.json)")
      ->type_name("FILE");
  add_output_option(*watermark, arguments, "text or json");
  add_log_options(*watermark, arguments);
  add_limit_options(*watermark, arguments);
  watermark->footer(
      "reset removes a watermark: the next load of that name reads everything, or from --initial on. A load "
      "that runs while its watermark is set or reset fails, and leaves no rows.");
  return watermark;
}

int run_watermark(const Arguments& arguments, const std::stop_token& stop) {
  check_watermark_action(arguments);
  const auto [log, connections] = open_context(arguments, stop);
  WatermarkRegistryOptions options{.target = resolved(connections, "--target", arguments.target), .log = log};
  set_limits(options.limits, arguments);
  const WatermarkRegistry registry(std::move(options));
  if (arguments.watermark_action == "list") {
    const auto marks = registry.list(stop);
    std::string text;
    for (const auto& mark : marks) text += watermark_line(mark);
    print_report(arguments.output, to_json(marks), marks.empty() ? "no watermarks\n" : text);
  } else if (arguments.watermark_action == "set") {
    const auto mark = registry.set(arguments.watermark_name, arguments.watermark_value, stop);
    print_report(arguments.output, to_json(mark), watermark_line(mark));
  } else {
    const auto mark = registry.reset(arguments.watermark_name, stop);
    print_report(arguments.output, to_json(mark), "removed: " + watermark_line(mark));
  }
  return 0;
}

}  // namespace leat::cli
