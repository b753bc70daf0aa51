#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --max-rate and --max-replica-lag.
void add_throttle_options(CLI::App& command, Arguments& arguments);
void set_throttle_options(StreamOptions& stream, const Arguments& arguments);

}  // namespace leat::cli
