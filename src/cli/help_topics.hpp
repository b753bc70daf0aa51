#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace leat::cli {

/// A command's arguments by what they are about, in the order in which they are read best; within the first
/// group the required ones first. One that no group names stands in the last one.
[[nodiscard]] std::vector<std::pair<std::string, std::vector<const CLI::Option*>>> in_groups(
    const CLI::App& command);

/// Command lines to begin with; for an empty name those of leat itself.
[[nodiscard]] std::vector<std::string> examples_of(const std::string& command);

/// What the command's exit codes mean, in one line.
[[nodiscard]] std::string exit_codes_text();

}  // namespace leat::cli
