#pragma once

#include <string>

#include "cli/hint_options.hpp"

namespace leat::cli {

/// A clone has no choice of columns, rows and modes: proposals of a hint that name options of other commands
/// are left out, and if no other is left, it says how to go on. A pure function.
[[nodiscard]] std::string hint_of_clone(const HintOptions& options, const std::string& hint);
[[nodiscard]] Error in_words_of_clone(const HintOptions& options, const Error& error);
[[nodiscard]] CopyTablesReport in_words_of_clone(const HintOptions& options, CopyTablesReport report);

}  // namespace leat::cli
