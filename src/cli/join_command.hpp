#pragma once

#include <stop_token>

#include "cli/arguments.hpp"
#include "cli/progress_line.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds `leat join`.
[[nodiscard]] CLI::App* add_join_command(CLI::App& app, Arguments& arguments);

/// Takes part in a job that is at work, and prints its report. Returns the exit code.
[[nodiscard]] int run_join(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop);

}  // namespace leat::cli
