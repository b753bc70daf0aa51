#pragma once

#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds `leat diff` to the commands.
[[nodiscard]] CLI::App* add_diff_command(CLI::App& app, Arguments& arguments);

/// Prints how two tables differ. Returns the exit code: 0 where they are equal, 1 where not.
[[nodiscard]] int run_diff(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
