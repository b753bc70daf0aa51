#pragma once

#include <stop_token>

#include "cli/arguments.hpp"
#include "cli/progress_line.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

CLI::App* add_run_command(CLI::App& app, Arguments& arguments);
CLI::App* add_plan_command(CLI::App& app, Arguments& arguments);

/// Runs a document, or tells what that would do. Returns the exit code. @throws Error
int run_document(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop);

}  // namespace leat::cli
