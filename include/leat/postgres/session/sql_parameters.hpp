#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/session/connection.hpp"

namespace leat {

/// SQL whose named parameters have become $1, $2, …
struct ParameterizedSql {
  std::string sql;
  std::vector<std::string> names;  ///< names[i] stands for $(i + 1); each once, in order of first use
};

/// Finds `:name` in SQL and numbers it. Left alone: strings ('…', E'…', U&'…'), quoted identifiers, dollar
/// quotes, comments, `::casts`, `:=`, `JSON_OBJECT(key:value)`, and array slices (`a[1:n]`; but `ARRAY[:a]`
/// and `a[:n]` hold parameters). A pure function; SQL without parameters comes back byte for byte.
/// @throws Error (config) when the SQL has $1 and :name, both.
[[nodiscard]] ParameterizedSql parse_named_parameters(std::string_view sql);

/// The SQL up to the end of its last word: the ';', white space and comments behind it are left out. A pure
/// function.
[[nodiscard]] std::string_view without_end(std::string_view sql);

/// The values in the order of the numbers.
/// @throws Error (config) that names every parameter without a value and every value without a parameter;
/// (config, 22021) where a value contains a NUL byte.
[[nodiscard]] std::vector<Parameter> bind_parameters(
    const ParameterizedSql& query, const std::map<std::string, std::optional<std::string>>& given);

}  // namespace leat
