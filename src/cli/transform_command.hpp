#pragma once

#include <array>
#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// What it does.
inline constexpr std::array<const char*, 6> transform_actions{"register", "list", "show",
                                                              "diff",     "test", "preview"};

/// Adds `leat transform` to the commands.
[[nodiscard]] CLI::App* add_transform_command(CLI::App& app, Arguments& arguments);

/// Runs it and prints what it finds. Returns the exit code. @throws Error.
[[nodiscard]] int run_transform(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
