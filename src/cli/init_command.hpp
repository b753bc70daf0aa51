#pragma once

#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

CLI::App* add_init_command(CLI::App& app, Arguments& arguments);

/// Writes a document of what a source has. Returns the exit code. @throws Error
int run_init(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
