#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --before-sql and --after-sql, of those that load one table.
void add_hook_options(CLI::App& command, Arguments& arguments);

/// @throws Error (config) for SQL that holds no statement.
void set_hooks(StreamOptions& stream, const Arguments& arguments);

}  // namespace leat::cli
