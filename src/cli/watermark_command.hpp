#pragma once

#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds "leat watermark" with its options.
CLI::App* add_watermark_command(CLI::App& app, Arguments& arguments);

/// Runs it and prints what it finds. Returns the exit code. @throws Error.
int run_watermark(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
