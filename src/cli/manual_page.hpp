#pragma once

#include <string>

namespace CLI {
class App;
}

namespace leat::cli {

/// The same as help_text() says, as a page of section 1 in troff (man macros): of leat itself leat(1), of one
/// of its commands leat-<command>(1). Always the same for the same release.
[[nodiscard]] std::string manual_page(const CLI::App& app);

}  // namespace leat::cli
