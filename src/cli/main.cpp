#include <sys/ioctl.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/arguments.hpp"
#include "cli/diff_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/interrupt.hpp"
#include "cli/jobs_command.hpp"
#include "cli/print.hpp"
#include "cli/progress_line.hpp"
#include "cli/repair_command.hpp"
#include "cli/schema_options.hpp"
#include "cli/verify_command.hpp"
#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/jobs/copy_tables.hpp"

namespace leat::cli {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(ErrorKind::config, "cannot read the file " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::map<std::string, std::optional<std::string>> split_parameters(const std::vector<std::string>& texts) {
  std::map<std::string, std::optional<std::string>> parameters;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      // What it is instead may be a value that nobody else is to see.
      throw Error(ErrorKind::config, "--param takes name=value, and one of them has no name");
    }
    if (!parameters.emplace(text.substr(0, equals), text.substr(equals + 1)).second) {
      throw Error(ErrorKind::config, "--param " + text.substr(0, equals) + " is given twice");
    }
  }
  return parameters;
}

int exit_code_of(const std::vector<Finding>& findings) {
  return has_error(findings) ? exit_code(to_error(findings).kind()) : 0;
}

template <class Job>
int run_job(const Job& job, const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  if (arguments.dry_run) {
    const JobPlan plan = job.plan(stop);
    std::cout << (arguments.output == Output::json ? to_json(plan) + "\n" : plan_text(plan));
    return exit_code_of(plan.findings);
  }
  const JobReport report = job.run(stop);
  line.finish();
  std::cout << (arguments.output == Output::json ? to_json(report) + "\n" : report_text(report));
  return exit_code(report.status);
}

int check_job(const CopyTable& job, const Arguments& arguments, const std::stop_token& stop) {
  const JobPlan plan = job.plan(stop);
  std::cout << (arguments.output == Output::json ? to_json(plan) + "\n" : findings_text(plan));
  return exit_code_of(plan.findings);
}

int copy_tables(const CopyTables& job, const Arguments& arguments, ProgressLine& line,
                const std::stop_token& stop) {
  const bool as_json = arguments.output == Output::json;
  if (arguments.dry_run) {
    const auto plans = job.plan(stop);
    std::cout << (as_json ? to_json(plans) + "\n" : plans_text(plans));
    for (const auto& plan : plans) {
      if (has_error(plan.findings)) return exit_code_of(plan.findings);
    }
    return 0;
  }
  const CopyTablesReport report = job.run(stop);
  line.finish();
  std::cout << (as_json ? to_json(report) + "\n" : report_text(report));
  const auto error = report.first_error();
  if (report.status == JobStatus::cancelled) return exit_code(ErrorKind::cancelled);
  return error ? exit_code(error->kind()) : 0;
}

int run(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  if (arguments.command == Command::repair) return run_repair(arguments, stop);
  if (arguments.command == Command::verify) return run_verify(arguments, stop);
  if (arguments.command == Command::diff) return run_diff(arguments, stop);
  if (arguments.command == Command::jobs) return run_jobs(arguments, stop);
  const Logger log = Logger::to_stderr(parse_log_level(arguments.log_level), arguments.log_format);
  const auto connections = arguments.connections.empty()
                               ? ConnectionFactory()
                               : ConnectionFactory::from_file(arguments.connections, log);
  StreamOptions stream{
      .log = log, .batch_bytes = parse_bytes(arguments.batch_bytes), .memory = parse_bytes(arguments.memory)};
  stream.on_progress = [&line](const Progress& progress) { line.draw(progress); };
  if (arguments.disable_triggers) stream.triggers = Triggers::disable;
  stream.analyze = arguments.analyze;
  stream.verify = arguments.verify;
  if (arguments.indexes != "keep") {
    stream.indexes = arguments.indexes == "auto" ? Indexes::automatic : Indexes::rebuild;
  }
  stream.into_view = arguments.into_view;
  set_schema_options(stream, arguments);
  const WriteMode mode = parse_write_mode(arguments.mode).value_or(WriteMode::replace);
  if (arguments.command == Command::copy_tables) {
    stream.on_progress = {};
    const CopyTables job(
        {.source = connections.resolve(arguments.source),
         .target = connections.resolve(arguments.target),
         .include = arguments.include_tables,
         .exclude = arguments.exclude_tables,
         .mode = mode,
         .on_tables_progress = [&line](const TablesProgress& progress) { line.draw(progress); },
         .stream = std::move(stream),
         .jobs = arguments.jobs});
    return copy_tables(job, arguments, line, stop);
  }
  if (arguments.command != Command::query) {
    const CopyTable job({.source = connections.resolve(arguments.source),
                         .target = connections.resolve(arguments.target),
                         .from = arguments.from,
                         .to = arguments.to,
                         .columns = split_columns(arguments.columns),
                         .exclude = split_columns(arguments.exclude),
                         .rename = split_renames(arguments.renames),
                         .map = split_assignments(arguments.maps, "--map"),
                         .where = arguments.where,
                         .mode = mode,
                         .key = split_columns(arguments.key),
                         .stream = std::move(stream),
                         .readers = arguments.readers});
    return arguments.command == Command::check ? check_job(job, arguments, stop)
                                               : run_job(job, arguments, line, stop);
  }
  return run_job(AdHocQuery({.source = connections.resolve(arguments.source),
                             .target = connections.resolve(arguments.target),
                             .sql = arguments.file.empty() ? arguments.sql : read_file(arguments.file),
                             .parameters = split_parameters(arguments.parameters),
                             .to = arguments.to,
                             .mode = mode,
                             .key = split_columns(arguments.key),
                             .stream = std::move(stream)}),
                 arguments, line, stop);
}

/// A message about the command line may repeat a part of it that was meant as a connection.
Error without_secrets(const Error& error) {
  if (error.kind() != ErrorKind::config) return error;
  return {ErrorKind::config,
          redact_secrets(error.what()),
          {.sqlstate = std::string(error.sqlstate()),
           .detail = std::string(error.detail()),
           .hint = std::string(error.hint()),
           .context = std::string(error.context()),
           .where = std::string(error.where())}};
}

Screen screen_of_stderr() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

int run_and_report(const Arguments& arguments, const std::stop_token& stop) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  ProgressLine line(arguments.progress == ProgressWhen::always ||
                        (arguments.progress == ProgressWhen::automatic && terminal),
                    terminal, screen_of_stderr());
  try {
    return run(arguments, line, stop);
  } catch (const Error& thrown) {
    line.finish();
    const Error error = without_secrets(thrown);
    if (arguments.output == Output::json) std::cout << to_json(error) << '\n';
    std::cerr << error_text(error);
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    line.finish();
    const Error wrapped(ErrorKind::config, redact_secrets(error.what()));
    if (arguments.output == Output::json) std::cout << to_json(wrapped) << '\n';
    std::cerr << "leat: " << wrapped.what() << '\n';
    return 1;
  }
}

}  // namespace
}  // namespace leat::cli

int main(int argc, char** argv) {
  const leat::cli::Interrupt interrupt;
  const auto arguments = leat::cli::parse_arguments(argc, argv);
  if (arguments.command == leat::cli::Command::none) return arguments.exit_code;
  return leat::cli::run_and_report(arguments, interrupt.token());
}
