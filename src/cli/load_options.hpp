#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --progress.
void add_progress_option(CLI::App& command, Arguments& arguments);

/// What every command that loads takes: where from and to, how rows are written, their memory, and what is
/// printed.
void add_load_options(CLI::App& command, Arguments& arguments);

/// Their memory, and what is printed.
void add_run_options(CLI::App& command, Arguments& arguments);

/// --key, --indexes, --before-sql, --after-sql and those of rejected rows, of those that load one table.
void add_one_table_options(CLI::App& command, Arguments& arguments);

/// Those that say how rows travel. @throws Error (config) for a size that is none.
[[nodiscard]] StreamOptions stream_options(const Arguments& arguments, const Logger& log);

}  // namespace leat::cli
