#pragma once

#include <map>
#include <string>
#include <vector>

#include "leat/postgres/session/detail/column_names.hpp"

namespace leat::cli {

using detail::split_columns;

/// Splits each "column=value" at its first '=' outside of double quotes; the column is folded as SQL folds
/// identifiers. `option` is what errors call them.
/// @throws Error (config) for one without a column or value, and for a column that is there twice.
[[nodiscard]] std::map<std::string, std::string> split_assignments(const std::vector<std::string>& texts,
                                                                   const std::string& option);

/// Splits each "a=b" of --rename; both are folded as SQL folds identifiers. @throws Error (config).
[[nodiscard]] std::map<std::string, std::string> split_renames(const std::vector<std::string>& texts);

}  // namespace leat::cli
