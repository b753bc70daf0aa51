#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/hint_options.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/large_object_mode.hpp"

namespace leat::cli {

/// When the progress line is drawn.
enum class ProgressWhen {
  automatic,  ///< when standard error is a terminal
  always,
  never,
};

/// What is printed on standard output.
enum class Output {
  text,
  json,
  none,  ///< nothing: with --quiet, of what went as it should
};

/// What the command line asks for.
enum class Command {
  none,  ///< help or version, printed already
  copy_table,
  check,
  copy_tables,
  clone,
  query,
  repair,
  verify,
  diff,
  jobs,
  join,
  transform,
  connections,
  run,
  plan,
  validate,
  schema_file,
  convert,
  watermark,
  schema,
  init,
};

/// The command line, read but not interpreted.
struct Arguments {
  Command command = Command::none;
  int exit_code = 0;  ///< for Command::none

  std::string source;
  bool has_source = false;  ///< for join: it was said, perhaps as nothing, which is libpq's environment
  std::string target;
  bool has_target = false;  ///< for init
  std::string from;
  std::string to;
  std::string columns;
  std::string exclude;
  std::string where;
  std::string inheritance;
  LargeObjectMode large_objects = LargeObjectMode::stay;
  std::string target_where;
  std::string key;
  std::size_t differences = 10;
  std::vector<std::string> renames;
  std::vector<std::string> maps;
  std::size_t readers = 0;
  std::size_t writers = 0;
  std::string job;
  bool restart = false;
  std::string on_lost_snapshot = "redo";
  std::optional<std::size_t> retries;
  std::string max_rate;
  std::int64_t max_replica_lag_ms = 0;
  std::optional<std::chrono::milliseconds> connect_timeout;
  std::optional<std::chrono::milliseconds> lock_timeout;
  std::optional<std::chrono::milliseconds> statement_timeout;
  std::optional<std::chrono::milliseconds> silence_timeout;
  std::uint64_t max_rejects = 0;
  std::string rejects;
  std::vector<std::string> include_tables;
  std::vector<std::string> exclude_tables;
  std::string to_schema;
  std::vector<std::string> table_renames;
  std::vector<std::string> excluded_columns;
  std::size_t jobs = 2;
  std::vector<std::string> before_sql;
  std::vector<std::string> after_sql;
  bool quiet = false;
  std::string sql;
  std::string file;
  std::string transform;
  std::vector<std::string> parameters;
  std::vector<std::string> null_parameters;
  std::string mode = "replace";
  bool mode_given = false;
  std::string indexes = "keep";
  std::string batch_bytes = "1MiB";
  std::string memory = "32MiB";
  std::string connections;
  ProgressWhen progress = ProgressWhen::automatic;
  Output output = Output::text;
  std::string log_level = "warning";
  LogFormat log_format = LogFormat::text;
  bool dry_run = false;
  bool disable_triggers = false;
  bool analyze = false;
  bool verify = false;
  bool into_view = false;
  std::string create;
  bool evolve = false;
  bool fix = false;
  std::string pg_bin;
  bool no_owner = false;
  bool no_privileges = false;
  bool no_tablespaces = false;
  std::string incremental;
  std::string watermark;
  std::string lag;
  std::string initial;
  std::string backfill;
  std::string bound = "column";
  std::string watermark_action;
  std::string watermark_name;
  std::string watermark_value;
  std::string store;
  std::string transform_action;
  std::string transform_name;
  std::string transform_other;
  std::string register_name;
  std::optional<std::size_t> preview_rows;
  std::string jobs_action;
  std::string jobs_name;
  std::vector<std::string> documents;
  std::vector<std::string> only;
  bool begins_new = false;
  std::string idempotency_key;
  std::string report;
  bool connects = false;
  bool is_strict = false;
  std::string check_output = "text";
  std::string schema_action;
  std::string schema_subject;
  std::string schema_other;
  std::string rule;
  HintOptions hints;
  bool done_jobs = false;
  std::int64_t older_than = 0;  // seconds
};

/// Reads the command line; prints help, version and usage errors itself.
[[nodiscard]] Arguments parse_arguments(int argc, char** argv);

}  // namespace leat::cli
