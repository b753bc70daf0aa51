#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --connect-timeout, --lock-timeout, --statement-timeout and --silence-timeout.
void add_limit_options(CLI::App& command, Arguments& arguments);

/// Those that are given; the others stay as they are.
void set_limits(JobLimits& limits, const Arguments& arguments);

}  // namespace leat::cli
