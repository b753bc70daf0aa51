#include "cli/reject_options.hpp"

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/value_checks.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

// What a report's and a table's numbers hold.
constexpr std::uint64_t most_rejects = 9'223'372'036'854'775'807;

}  // namespace

void add_reject_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--max-rejects", arguments.max_rejects,
                  "Rows that the target may refuse: they are left out and kept in --rejects, exit code 6")
      ->transform(whole_number(0, most_rejects))
      ->type_name("N");
  command
      .add_option(
          "--rejects", arguments.rejects,
          "Where rejected rows go: a new CSV file (with --job also the job's own), or table:NAME, a table "
          "of the target that is made where it is missing")
      ->type_name("FILE|table:S.T");
}

void set_reject_options(StreamOptions& stream, const Arguments& arguments) {
  constexpr std::string_view table = "table:";
  stream.max_rejects = arguments.max_rejects;
  if (arguments.rejects.starts_with(table)) {
    stream.rejects.table = arguments.rejects.substr(table.size());
    if (stream.rejects.table.empty()) throw Error(ErrorKind::config, "--rejects table: names no table");
  } else {
    stream.rejects.file = arguments.rejects;
  }
}

}  // namespace leat::cli
