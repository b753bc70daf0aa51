#pragma once

#include <cstddef>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace leat::cli {

/// How wide help is printed: as the terminal of standard output, or as COLUMNS says where that is set, or 80.
[[nodiscard]] std::size_t help_width();

/// What `app`, leat itself or one of its commands, takes: options in groups, required ones first, and
/// examples. No line is wider than `width` (at least 40) unless one word of it is.
[[nodiscard]] std::string help_text(const CLI::App& app, std::size_t width);

/// A command line with a margin; where it is too long it goes on in the next line as a shell takes it.
[[nodiscard]] std::string example_text(const std::string& line, std::size_t width);

/// In one line: "leat jobs ACTION [NAME] --target C [option]...".
[[nodiscard]] std::string usage_of(const CLI::App& app);

/// "-q, --quiet", "--mode MODE", "--create[=columns|full]"; of an argument without dashes "NAME".
[[nodiscard]] std::string option_name(const CLI::Option& option);

/// What it means, with its default and what it goes together with.
[[nodiscard]] std::string option_help(const CLI::Option& option);

}  // namespace leat::cli
