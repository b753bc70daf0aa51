#pragma once

#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds `leat connections` to the commands.
[[nodiscard]] CLI::App* add_connections_command(CLI::App& app, Arguments& arguments);

/// Prints the connection ids and where each comes from. Returns the exit code.
[[nodiscard]] int run_connections(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
