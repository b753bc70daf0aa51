#pragma once

#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds "leat convert" with its options.
CLI::App* add_convert_command(CLI::App& app, Arguments& arguments);

/// Prints the document that says the same in leat's own form. Returns the exit code. @throws Error (config)
/// if the file is none that can be converted.
int run_convert(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
