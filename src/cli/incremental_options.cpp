#include "cli/incremental_options.hpp"

#include <CLI/CLI.hpp>

#include "cli/nearest.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {

void add_incremental_options(CLI::App& command, Arguments& arguments, bool of_tables) {
  auto* incremental =
      command
          .add_option("--incremental", arguments.incremental,
                      "Only rows that are new by this column since the load before (with --mode upsert, "
                      "insert-missing, delete-insert or append)")
          ->type_name("COL");
  command
      .add_option("--watermark", arguments.watermark,
                  "Name under which the target keeps how far such loads have come (default: its table)")
      ->transform(job_name())
      ->type_name("NAME")
      ->needs(incremental);
  command
      .add_option("--lag", arguments.lag,
                  "So far below the watermark the load begins, for rows that commit late: '15 minutes'; of "
                  "numbers a number")
      ->type_name("LAG")
      ->needs(incremental);
  command.add_option("--initial", arguments.initial, "Value with which the first load begins (default: all)")
      ->type_name("VALUE")
      ->needs(incremental);
  command
      .add_option("--backfill", arguments.backfill,
                  "Instead: rows from this value to before that one; the watermark stays where it is")
      ->type_name("A..B")
      ->needs(incremental);
  if (!of_tables) return;
  command
      .add_option("--bound", arguments.bound,
                  "column, or snapshot: also rows of transactions that had not ended when the load before "
                  "was read")
      ->transform(one_of({"column", "snapshot"}))
      ->capture_default_str()
      ->type_name("WHAT")
      ->needs(incremental);
}

std::optional<IncrementalOptions> incremental_options(const Arguments& arguments) {
  if (arguments.incremental.empty()) return std::nullopt;
  IncrementalOptions options{.name = arguments.watermark,
                             .column = arguments.incremental,
                             .lag = arguments.lag,
                             .initial = arguments.initial};
  if (arguments.bound == "snapshot") options.bound = IncrementalBound::snapshot;
  if (arguments.backfill.empty()) return options;
  const auto dots = arguments.backfill.find("..");
  if (dots == std::string::npos) {
    throw Error(ErrorKind::config, "--backfill: " + shown(arguments.backfill) + " is no range",
                {.hint = "write the first value, two dots, and the one before which it ends: "
                         "2026-01-01..2026-02-01"});
  }
  options.backfill = BackfillRange{arguments.backfill.substr(0, dots), arguments.backfill.substr(dots + 2)};
  return options;
}

}  // namespace leat::cli
