#pragma once

#include <string>

namespace CLI {
class App;
}

namespace leat::cli {

/// "leat completion SHELL", which prints bash_completion().
CLI::App* add_completion_command(CLI::App& app);

/// A script for bash that completes the commands and options of `app`, the words that an option takes, files,
/// and connection ids.
[[nodiscard]] std::string bash_completion(CLI::App& app);

}  // namespace leat::cli
