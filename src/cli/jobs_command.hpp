#pragma once

#include <array>
#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// What it does.
inline constexpr std::array<const char*, 4> job_actions{"list", "show", "watch", "forget"};

/// Adds "leat jobs" with its options.
CLI::App* add_jobs_command(CLI::App& app, Arguments& arguments);

/// Runs it and prints what it finds. Returns the exit code. @throws Error.
int run_jobs(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
