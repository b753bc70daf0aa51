#pragma once

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --quiet: no progress line, and no report of what went as it should.
void add_quiet_option(CLI::App& command, Arguments& arguments);

/// How the report is printed of what ends with this exit code.
[[nodiscard]] Output output_of(const Arguments& arguments, int exit_code);

}  // namespace leat::cli
