#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace leat::cli {

/// The words of a command line, checked against the commands and options of `app` before any value is read:
/// each word and option is known, an option that takes a value has one, and only --source and --target may be
/// empty. Returns them as CLI11 reads them best: `--create full` as `--create=full`, and an option's name
/// before each of several values. @throws Error (config) that names the word or option, and the nearest one.
[[nodiscard]] std::vector<std::string> checked_words(const CLI::App& app,
                                                     const std::vector<std::string>& words);

/// The names of the commands.
[[nodiscard]] std::vector<std::string> command_names(const CLI::App& app);

}  // namespace leat::cli
