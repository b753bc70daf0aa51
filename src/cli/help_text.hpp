#pragma once

#include <cstddef>
#include <string>

namespace CLI {
class App;
}

namespace leat::cli {

/// How wide help is printed: as the terminal of standard output, or as COLUMNS says where that is set, or 80.
[[nodiscard]] std::size_t help_width();

/// What `app`, leat itself or one of its commands, takes: options in groups, required ones first, and
/// examples. No line is wider than `width` (at least 40) unless one word of it is.
[[nodiscard]] std::string help_text(const CLI::App& app, std::size_t width);

}  // namespace leat::cli
