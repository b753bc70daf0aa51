#pragma once

#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat::detail {

/// Splits "a,b,\"C,d\"" at its commas; parts are folded as SQL folds identifiers.
/// @throws Error (config) that quotes the text.
[[nodiscard]] LEAT_EXPORT std::vector<std::string> split_columns(const std::string& text);

}  // namespace leat::detail
