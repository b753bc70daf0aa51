#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --max-rejects and --rejects.
void add_reject_options(CLI::App& command, Arguments& arguments);
/// @throws Error (config) where one is given without the other.
void set_reject_options(StreamOptions& stream, const Arguments& arguments);

}  // namespace leat::cli
