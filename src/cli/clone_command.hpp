#pragma once

#include <stop_token>

#include "cli/arguments.hpp"
#include "cli/progress_line.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

[[nodiscard]] CLI::App* add_clone_command(CLI::App& app, Arguments& arguments);
/// Returns the exit code. To be called by the main thread.
[[nodiscard]] int run_clone(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop);

}  // namespace leat::cli
