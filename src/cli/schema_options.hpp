#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --create and --evolve.
void add_schema_options(CLI::App& command, Arguments& arguments);
void set_schema_options(StreamOptions& stream, const Arguments& arguments);

}  // namespace leat::cli
