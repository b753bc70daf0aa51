#include "cli/run_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/document_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_options.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/runs/document_run.hpp"

namespace leat::cli {
namespace {

void add_document_options(CLI::App& command, Arguments& arguments) {
  command.add_option("FILE", arguments.documents, "The document, in YAML or JSON")
      ->required()
      ->expected(1)
      ->type_name("FILE");
  add_param_options(command, arguments);
  add_repeated_option(
      command, "--only", arguments.only,
      "Only these loads; +downstream: and those that wait for them; +upstream: and those that they "
      "wait for",
      "LOAD...");
  add_connections_option(command, arguments);
  add_quiet_option(command, arguments);
  add_output_option(command, arguments);
  add_log_options(command, arguments);
}

DocumentRunOptions options_of(const Arguments& arguments, const CommandContext& context) {
  return {.connections = context.connections,
          .params = params_of(arguments),
          .only = arguments.only,
          .begins_new = arguments.begins_new,
          .idempotency_key = arguments.idempotency_key,
          .log = context.log};
}

/// The loads in the document's words.
RunPlan in_words(RunPlan plan, const HintOptions& words) {
  for (auto& load : plan.loads) {
    load.plans = words.in_plans(std::move(load.plans));
    if (load.error) load.error = words.in_error(*load.error);
  }
  return plan;
}

RunReport in_words(RunReport report, const HintOptions& words) {
  for (auto& load : report.loads) {
    if (load.report) load.report = words.in_report(std::move(*load.report));
    if (load.tables) load.tables = words.in_report(std::move(*load.tables));
    if (load.error) load.error = words.in_error(*load.error);
  }
  return report;
}

int exit_code_of(const RunReport& report) {
  if (report.status == JobStatus::cancelled) return exit_stopped;
  const auto error = report.first_error();
  return error ? exit_code(error->kind()) : exit_code(report.status);
}

}  // namespace

CLI::App* add_run_command(CLI::App& app, Arguments& arguments) {
  auto* run = app.add_subcommand(
      "run", "Run a document: its loads, each once; the same command goes on where it ended");
  add_document_options(*run, arguments);
  auto* begins_new =
      run->add_flag("--new", arguments.begins_new, "Begin a new run, although the last one is not done");
  run->add_option(
         "--idempotency-key", arguments.idempotency_key,
         "Runs of one key load once, from wherever they are started; a second one waits for the first")
      ->type_name("KEY")
      ->excludes(begins_new);
  add_progress_option(*run, arguments);
  return run;
}

CLI::App* add_plan_command(CLI::App& app, Arguments& arguments) {
  auto* plan = app.add_subcommand("plan", "Print what a run of a document would do; change nothing");
  add_document_options(*plan, arguments);
  return plan;
}

int run_document(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  auto document = read_document_file(arguments, arguments.documents.front(), stop);
  const auto context = open_context(arguments, stop);
  auto options = options_of(arguments, context);
  if (arguments.command == Command::plan) {
    const RunPlan plan =
        in_words(DocumentRun(std::move(document), std::move(options)).plan(stop), arguments.hints);
    const auto error = plan.first_error();
    const int code = error ? exit_code(error->kind()) : 0;
    print_report(output_of(arguments, code), to_json(plan), to_text(plan) + nothing_was_changed());
    return code;
  }
  options.on_progress = [&line](const RunningLoad& load, const Progress& progress) {
    line.draw(load.name + " (" + std::to_string(load.number) + " of " + std::to_string(load.loads) + ")",
              progress);
  };
  options.on_tables_progress = [&line](const RunningLoad& /*load*/, const TablesProgress& progress) {
    line.draw(progress);
  };
  const RunReport report =
      in_words(DocumentRun(std::move(document), std::move(options)).run(stop), arguments.hints);
  line.finish();
  const int code = exit_code_of(report);
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

}  // namespace leat::cli
