#pragma once

#include <stop_token>
#include <string>

#include "cli/arguments.hpp"
#include "leat/jobs/repair.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds "leat repair" with its options.
CLI::App* add_repair_command(CLI::App& app, Arguments& arguments);

/// Runs it and prints its report. Returns the exit code. @throws Error.
int run_repair(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
