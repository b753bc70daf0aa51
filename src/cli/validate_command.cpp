#include "cli/validate_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/document_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/output.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/documents/field_pages.hpp"
#include "leat/documents/value_type.hpp"
#include "leat/runs/document_run.hpp"
#include "leat/version.hpp"

namespace leat::cli {
namespace {

/// What a plan says against a load, at the load's place.
void add_findings(const LoadPlan& plan, const LoadDocument& load, const HintOptions& words,
                  Diagnostics& diagnostics) {
  const auto add = [&](const std::string& code, Severity severity, const std::string& message,
                       const std::string& hint, const std::optional<Place>& place = std::nullopt) {
    diagnostics.add({.place = place.value_or(load.place),
                     .path = load.name,
                     .code = code,
                     .severity = severity,
                     .message = "load " + load.name + ": " + message,
                     .hint = hint});
  };
  if (plan.error) {
    const Error error = words.in_error(*plan.error);
    const std::string state(error.sqlstate());
    add(state.empty() ? std::string(to_string(error.kind())) : state, Severity::error,
        (state.empty() ? "" : state + ": ") + error.what(), std::string(error.hint()),
        place_of(load, *plan.error));
  }
  for (const auto& one : plan.plans) {
    for (const auto& found : one.findings) {
      const Finding finding = words.in_finding(found);
      add(finding.code, finding.severity, finding.message, finding.hint);
    }
  }
}

/// The same of a whole document, whose databases are looked at.
void connect(const PipelineDocument& document, const Arguments& arguments, const CommandContext& context,
             Diagnostics& diagnostics, const std::stop_token& stop) {
  const RunPlan plan =
      DocumentRun(document,
                  {.connections = context.connections, .params = params_of(arguments), .log = context.log})
          .plan(stop);
  for (std::size_t i = 0; i < plan.loads.size(); ++i) {
    add_findings(plan.loads[i], document.loads[i], arguments.hints, diagnostics);
  }
}

void print(const Arguments& arguments, const Diagnostics& diagnostics, const std::string& good) {
  if (arguments.check_output == "json") return print_json(to_json(diagnostics));
  if (arguments.check_output == "github") return print_text(to_github(diagnostics));
  if (arguments.check_output == "sarif") return print_json(to_sarif(diagnostics));
  if (!diagnostics.empty()) print_error(to_text(diagnostics));
  if (!arguments.quiet) print_text(good);
}

}  // namespace

CLI::App* add_validate_command(CLI::App& app, Arguments& arguments) {
  auto* validate = app.add_subcommand("validate", "Tell what is wrong with documents; change nothing");
  validate->add_option("FILE", arguments.documents, "The documents, in YAML or JSON")
      ->required()
      ->expected(1, 1000)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->type_name("FILE...");
  validate->add_flag("--connect", arguments.connects,
                     "Look at the databases, too: what stands against each load");
  validate->add_flag("--strict", arguments.is_strict, "Warnings are errors");
  add_param_options(*validate, arguments);
  add_store_option(*validate, arguments);
  add_connections_option(*validate, arguments);
  add_quiet_option(*validate, arguments);
  validate->add_option("--output", arguments.check_output, "text, json, github (annotations) or sarif")
      ->transform(one_of({"text", "json", "github", "sarif"}))
      ->capture_default_str()
      ->type_name("FORM");
  add_log_options(*validate, arguments);
  return validate;
}

int run_validate(const Arguments& arguments, const std::stop_token& stop) {
  const auto context = open_context(arguments, stop);
  Diagnostics diagnostics;
  std::string good;
  for (const auto& path : arguments.documents) {
    Diagnostics own;
    const auto document = read_document_file(arguments, context, path, arguments.connects, own, stop);
    if (!own.has_error() && arguments.connects) {
      try {
        connect(document, arguments, context, own, stop);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
        const Error told = arguments.hints.in_error(error);
        own.add({.place = document.loads.front().place,
                 .code = std::string(to_string(told.kind())),
                 .message = told.what(),
                 .hint = std::string(told.hint())});
      }
    }
    if (!own.has_error()) {
      good += path + ": " + detail::counted(document.loads.size(), "load") +
              (arguments.connects ? ", nothing stands against them\n" : ", well-formed\n");
    }
    for (const auto& one : own.in_order()) diagnostics.add(one);
  }
  print(arguments, diagnostics, good);
  const bool fails = diagnostics.has_error() || (arguments.is_strict && !diagnostics.empty());
  return fails ? exit_usage : 0;
}

CLI::App* add_schema_file_command(CLI::App& app, Arguments& /*arguments*/) {
  auto* command = app.add_subcommand("schema-file", "Print the JSON Schema of documents, for editors");
  command->footer(
      "An editor with yaml-language-server completes a document whose first line is\n"
      "# yaml-language-server: $schema=./leat.schema.json");
  return command;
}

int run_schema_file() {
  print_text(json_schema(*pipeline_fields(), "A document of leat " + std::string(version())) + "\n");
  return 0;
}

}  // namespace leat::cli
