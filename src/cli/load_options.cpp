#include "cli/load_options.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "cli/hook_options.hpp"
#include "cli/limit_options.hpp"
#include "cli/quiet.hpp"
#include "cli/reject_options.hpp"
#include "cli/schema_options.hpp"
#include "cli/shared_options.hpp"
#include "cli/throttle_options.hpp"
#include "cli/value_checks.hpp"

namespace leat::cli {
namespace {

const std::map<std::string, ProgressWhen> progress_names{
    {"auto", ProgressWhen::automatic}, {"always", ProgressWhen::always}, {"never", ProgressWhen::never}};

constexpr std::uint64_t least_batch = 4096;
constexpr std::uint64_t most_batch = 1ULL << 30U;
constexpr std::uint64_t most_memory = 1ULL << 50U;

constexpr const char* connection_help =
    "a URI (postgresql://user@host/db), a keyword string (\"host=… dbname=…\"), or an id from the "
    "connections file";

/// How rows are written.
void add_write_options(CLI::App& command, Arguments& arguments) {
  command.add_flag("--disable-triggers", arguments.disable_triggers,
                   "Keep the target's triggers and foreign keys silent during the load");
  command.add_flag("--into-view", arguments.into_view,
                   "Allow a view as the target: rows are inserted through it (with --mode append)");
  command.add_flag("--analyze", arguments.analyze, "ANALYZE the target after the load");
  command.add_flag(
      "--verify", arguments.verify,
      "Compare what was loaded with the source before the commit; where it differs commit nothing");
  command.add_flag("--dry-run", arguments.dry_run,
                   "Print the plan (columns, format, SQL) and change nothing");
}

/// What rows on their way may take.
void add_size_options(CLI::App& command, Arguments& arguments) {
  command.add_option("--batch-bytes", arguments.batch_bytes, "Size of one batch")
      ->transform(size_between(least_batch, most_batch))
      ->capture_default_str()
      ->type_name("SIZE");
  command.add_option("--memory", arguments.memory, "Bound for the rows on their way")
      ->transform(size_between(least_batch, most_memory))
      ->capture_default_str()
      ->type_name("SIZE");
}

/// What is printed.
void add_print_options(CLI::App& command, Arguments& arguments) {
  add_progress_option(command, arguments);
  add_quiet_option(command, arguments);
  add_output_option(command, arguments);
  add_log_options(command, arguments);
}

}  // namespace

void add_progress_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--progress", arguments.progress,
                  "auto, always or never: the progress line on standard error")
      ->transform(CLI::CheckedTransformer(progress_names).description(""))
      ->transform(one_of({"auto", "always", "never"}))
      ->type_name("WHEN")
      ->default_str("auto");
}

void add_run_options(CLI::App& command, Arguments& arguments) {
  add_size_options(command, arguments);
  add_print_options(command, arguments);
}

void add_load_options(CLI::App& command, Arguments& arguments) {
  add_database_option(command, "--source", arguments.source,
                      std::string("Where rows come from: ") + connection_help);
  add_database_option(command, "--target", arguments.target, "Where rows go: the same");
  command
      .add_option(
          "--mode", arguments.mode,
          "replace, append, swap (readers never wait), upsert, insert-missing, delete-insert or sync; "
          "each in one transaction, and on any failure the old rows stay")
      ->transform(one_of({"replace", "append", "swap", "upsert", "insert-missing", "delete-insert", "sync"}))
      ->capture_default_str()
      ->type_name("MODE")
      ->each([&arguments](const std::string& /*mode*/) { arguments.mode_given = true; });
  add_connections_option(command, arguments);
  add_schema_options(command, arguments);
  add_throttle_options(command, arguments);
  add_limit_options(command, arguments);
  add_write_options(command, arguments);
  add_run_options(command, arguments);
}

void add_one_table_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--key", arguments.key,
                  "The target's columns by which upsert, insert-missing, delete-insert and sync match rows "
                  "(default: its primary key)")
      ->transform(column_names())
      ->type_name("a,b");
  command
      .add_option("--indexes", arguments.indexes,
                  "keep, rebuild (drop secondary indexes and constraints, and make them again after the "
                  "load) or auto")
      ->transform(one_of({"keep", "rebuild", "auto"}))
      ->capture_default_str()
      ->type_name("WHAT");
  add_hook_options(command, arguments);
  add_reject_options(command, arguments);
}

StreamOptions stream_options(const Arguments& arguments, const Logger& log) {
  StreamOptions stream{
      .log = log, .batch_bytes = parse_bytes(arguments.batch_bytes), .memory = parse_bytes(arguments.memory)};
  if (arguments.disable_triggers) stream.triggers = Triggers::disable;
  stream.analyze = arguments.analyze;
  stream.verify = arguments.verify;
  if (arguments.indexes != "keep") {
    stream.indexes = arguments.indexes == "auto" ? Indexes::automatic : Indexes::rebuild;
  }
  stream.into_view = arguments.into_view;
  set_schema_options(stream, arguments);
  set_reject_options(stream, arguments);
  set_throttle_options(stream, arguments);
  set_limits(stream.limits, arguments);
  set_hooks(stream, arguments);
  return stream;
}

}  // namespace leat::cli
