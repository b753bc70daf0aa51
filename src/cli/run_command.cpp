#include "cli/run_command.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/document_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_options.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/quiet.hpp"
#include "cli/report_file.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/postgres/session/connection_target.hpp"
#include "leat/runs/document_run.hpp"
#include "leat/runs/run_html.hpp"

namespace leat::cli {
namespace {

void add_document_options(CLI::App& command, Arguments& arguments) {
  command.add_option("FILE", arguments.documents, "The document, in YAML or JSON")
      ->required()
      ->expected(1)
      ->type_name("FILE");
  add_param_options(command, arguments);
  add_store_option(command, arguments);
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
  DocumentRunOptions options{.connections = context.connections,
                             .params = params_of(arguments),
                             .only = arguments.only,
                             .begins_new = arguments.begins_new,
                             .idempotency_key = arguments.idempotency_key,
                             .log = context.log};
  if (!arguments.store.empty()) options.store = resolved(context.connections, "--store", arguments.store);
  return options;
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

/// The page of a run for --report.
class RunPage {
 public:
  /// @throws Error (config) if the file cannot be written.
  explicit RunPage(const Arguments& arguments) {
    if (arguments.report.empty()) return;
    std::error_code failure;
    if (std::filesystem::equivalent(arguments.report, arguments.documents.front(), failure)) {
      throw Error(ErrorKind::config, "--report names the document itself");
    }
    file_.emplace(arguments.report);
  }

  void plan(const DocumentRun& run, const HintOptions& words, const std::stop_token& stop) {
    if (!file_) return;
    // Why there is none, the run says itself.
    try {
      plan_ = in_words(run.plan(stop), words);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
    }
  }

  /// Returns whether it was written, if there is to be one; says it if it was not.
  bool write(const RunReport& report) const {
    if (!file_) return true;
    try {
      file_->write(to_html(report, plan_ ? &*plan_ : nullptr));
    } catch (const Error& error) {
      print_error(error_text(error));
      return false;
    }
    return true;
  }

 private:
  std::optional<ReportFile> file_;
  std::optional<RunPlan> plan_;
};

/// Of a run of which no load was begun.
RunReport report_of(const std::string& document, const std::map<std::string, std::string>& labels,
                    const std::vector<std::string>& loads, const Error& error) {
  RunReport report{.document = document,
                   .labels = labels,
                   .status = error.kind() == ErrorKind::cancelled ? JobStatus::cancelled : JobStatus::failed};
  for (const auto& name : loads) report.loads.push_back({.name = name});
  std::string remark = redact_secrets(error.what());
  if (!error.hint().empty()) remark.append(" (").append(error.hint()).append(")");
  report.remarks.push_back("no load was begun: " + remark);
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
  run->add_option("--report", arguments.report,
                  "Write the run as a page of HTML there, also if it has failed; replaces what is there")
      ->type_name("FILE");
  add_progress_option(*run, arguments);
  return run;
}

CLI::App* add_plan_command(CLI::App& app, Arguments& arguments) {
  auto* plan = app.add_subcommand("plan", "Print what a run of a document would do; change nothing");
  add_document_options(*plan, arguments);
  return plan;
}

int run_document(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  const auto context = open_context(arguments, stop);
  auto document = read_document_file(arguments, context, arguments.documents.front(), stop);
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
  RunPage page(arguments);
  const std::string name = document.name;
  const auto labels = document.labels;
  std::vector<std::string> loads;
  for (const auto& load : document.loads) loads.push_back(load.name);
  RunReport report;
  try {
    const DocumentRun run(std::move(document), std::move(options));
    page.plan(run, arguments.hints, stop);
    report = in_words(run.run(stop), arguments.hints);
  } catch (const Error& error) {
    line.finish();
    static_cast<void>(page.write(report_of(name, labels, loads, arguments.hints.in_error(error))));
    throw;
  }
  line.finish();
  int code = exit_code_of(report);
  if (!page.write(report) && code == 0) code = exit_output;
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

}  // namespace leat::cli
