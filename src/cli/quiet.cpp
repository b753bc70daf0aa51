#include "cli/quiet.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>

namespace leat::cli {

void add_quiet_option(CLI::App& command, Arguments& arguments) {
  const auto be_quiet = [&arguments](std::int64_t /*count*/) {
    arguments.quiet = true;
    if (arguments.progress == ProgressWhen::automatic) arguments.progress = ProgressWhen::never;
  };
  command.add_flag_function("--quiet", be_quiet,
                            "Print the report only if the exit code is not 0, and no progress line");
}

Output output_of(const Arguments& arguments, int exit_code) {
  return arguments.quiet && exit_code == 0 ? Output::none : arguments.output;
}

}  // namespace leat::cli
