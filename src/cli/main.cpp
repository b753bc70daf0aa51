#include <sys/ioctl.h>
#include <unistd.h>

#include <exception>
#include <string>
#include <string_view>

#include "cli/arguments.hpp"
#include "cli/clone_command.hpp"
#include "cli/connections_command.hpp"
#include "cli/convert_command.hpp"
#include "cli/diff_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/init_command.hpp"
#include "cli/interrupt.hpp"
#include "cli/jobs_command.hpp"
#include "cli/join_command.hpp"
#include "cli/load_commands.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/progress_line.hpp"
#include "cli/repair_command.hpp"
#include "cli/run_command.hpp"
#include "cli/schema_command.hpp"
#include "cli/transform_command.hpp"
#include "cli/validate_command.hpp"
#include "cli/verify_command.hpp"
#include "cli/watermark_command.hpp"
#include "leat/postgres/session/connection_target.hpp"

namespace leat::cli {
namespace {

int run(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  if (arguments.command == Command::repair) return run_repair(arguments, stop);
  if (arguments.command == Command::verify) return run_verify(arguments, stop);
  if (arguments.command == Command::diff) return run_diff(arguments, stop);
  if (arguments.command == Command::join) return run_join(arguments, line, stop);
  if (arguments.command == Command::connections) return run_connections(arguments, stop);
  if (arguments.command == Command::jobs) return run_jobs(arguments, stop);
  if (arguments.command == Command::convert) return run_convert(arguments, stop);
  if (arguments.command == Command::watermark) return run_watermark(arguments, stop);
  if (arguments.command == Command::schema) return run_schema(arguments, stop);
  if (arguments.command == Command::transform) return run_transform(arguments, stop);
  if (arguments.command == Command::clone) return run_clone(arguments, line, stop);
  if (arguments.command == Command::run || arguments.command == Command::plan) {
    return run_document(arguments, line, stop);
  }
  if (arguments.command == Command::validate) return run_validate(arguments, stop);
  if (arguments.command == Command::init) return run_init(arguments, stop);
  if (arguments.command == Command::schema_file) return run_schema_file();
  return run_load(arguments, line, stop);
}

/// A message about the command line may repeat a part of it that was meant as a connection.
Error without_secrets(const Error& error) {
  if (error.kind() != ErrorKind::config) return error;
  return error.with_message(redact_secrets(error.what()));
}

Screen screen_of_stderr() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

/// What has changed in spite of all that was not said, after the command has ended with `code`.
std::string_view what_stands(const Arguments& arguments, int code) {
  if (arguments.dry_run) return "";
  switch (arguments.command) {
    case Command::copy_table:
    case Command::query:
    case Command::join:
      return code == 0 || code == exit_rejects ? "the load stands" : "";
    case Command::copy_tables:
      return code == 0 ? "the load stands" : "tables that were loaded stay so";
    case Command::clone:
      return code == 0 ? "the clone stands" : "what was cloned stays so";
    case Command::repair:
      return "what was restored stays";
    case Command::jobs:
      return code == 0 && arguments.jobs_action == "forget" ? "the job is forgotten" : "";
    case Command::run:
      return code == 0 || code == exit_rejects ? "the loads stand" : "loads that are done stay so";
    case Command::watermark:
      return code == 0 && arguments.watermark_action != "list" ? "the watermark is changed" : "";
    case Command::schema:
      return code == 0 && arguments.schema_action == "register" ? "the schema is registered" : "";
    case Command::transform:
      return code == 0 && arguments.transform_action == "register" ? "the transform is registered" : "";
    case Command::none:
    case Command::plan:
    case Command::validate:
    case Command::schema_file:
    case Command::init:
    case Command::check:
    case Command::verify:
    case Command::diff:
    case Command::connections:
    case Command::convert:
      break;
  }
  return "";
}

int run_and_report(const Arguments& arguments, const Interrupt& interrupt) {
  const std::stop_token stop = interrupt.token();
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  ProgressLine line(arguments.progress == ProgressWhen::always ||
                        (arguments.progress == ProgressWhen::automatic && terminal),
                    terminal, screen_of_stderr());
  try {
    return run(arguments, line, stop);
  } catch (const Error& thrown) {
    line.finish();
    const Error error = arguments.hints.in_error(without_secrets(thrown));
    if (arguments.output == Output::json) print_json(to_json(error));
    const int code = exit_code(error.kind());
    print_failure(error, interrupt.exit_code(code), error_text(error));
    return code;
  } catch (const std::exception& error) {
    line.finish();
    const Error wrapped(stop.stop_requested() ? ErrorKind::cancelled : ErrorKind::config,
                        redact_secrets(error.what()));
    if (arguments.output == Output::json) print_json(to_json(wrapped));
    const int code = exit_code(wrapped.kind());
    print_failure(wrapped, interrupt.exit_code(code), error_text(wrapped));
    return code;
  }
}

}  // namespace
}  // namespace leat::cli

int main(int argc, char** argv) {
  using namespace leat::cli;
  const Interrupt interrupt;
  begin_output(interrupt.token());
  const auto arguments = parse_arguments(argc, argv);
  int code = arguments.exit_code;
  if (arguments.command != Command::none) code = run_and_report(arguments, interrupt);
  return interrupt.exit_code(end_output(code, what_stands(arguments, code)));
}
