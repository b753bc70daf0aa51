#include "cli/hook_options.hpp"

#include <CLI/CLI.hpp>

#include "cli/shared_options.hpp"
#include "leat/jobs/options/sql_hook.hpp"

namespace leat::cli {
void add_hook_options(CLI::App& command, Arguments& arguments) {
  add_repeated_option(command, "--before-sql", arguments.before_sql,
                      "SQL to run on the target first, in the load's transaction; --dry-run runs it too, and "
                      "rolls it back",
                      "SQL");
  add_repeated_option(command, "--after-sql", arguments.after_sql,
                      "SQL to run on the target after the last row, before the commit", "SQL");
}

void set_hooks(StreamOptions& stream, const Arguments& arguments) {
  stream.before_load = sql_hook("--before-sql", arguments.before_sql);
  stream.before_commit = sql_hook("--after-sql", arguments.after_sql);
}

}  // namespace leat::cli
