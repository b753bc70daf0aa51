#pragma once

#include <array>
#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// What it does.
inline constexpr std::array<const char*, 5> schema_actions{"register", "list", "show", "diff", "check"};

/// Adds "leat schema" with its options.
CLI::App* add_schema_command(CLI::App& app, Arguments& arguments);

/// Runs it and prints what it finds. Returns the exit code. @throws Error.
int run_schema(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
