#pragma once

#include <stop_token>
#include <string>

#include "cli/arguments.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Adds "verify" with its options.
CLI::App* add_verify_command(CLI::App& app, Arguments& arguments);

/// Compares, prints the report, and returns the exit code.
[[nodiscard]] int run_verify(const Arguments& arguments, const std::stop_token& stop);

}  // namespace leat::cli
