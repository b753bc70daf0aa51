#pragma once

#include <stop_token>

#include "cli/arguments.hpp"
#include "cli/progress_line.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

// Each adds a command that loads, or tells about a load, with its options.
[[nodiscard]] CLI::App* add_copy_table_command(CLI::App& app, Arguments& arguments);
[[nodiscard]] CLI::App* add_check_command(CLI::App& app, Arguments& arguments);
[[nodiscard]] CLI::App* add_copy_tables_command(CLI::App& app, Arguments& arguments);
[[nodiscard]] CLI::App* add_query_command(CLI::App& app, Arguments& arguments);

/// Runs the one that was asked for and prints its report or plan. Returns the exit code. @throws Error.
[[nodiscard]] int run_load(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop);

}  // namespace leat::cli
