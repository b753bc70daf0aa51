#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/session/connection.hpp"

namespace leat {

/// SQL whose named parameters were replaced by $1, $2, …
struct ParameterizedSql {
  std::string sql;
  std::vector<std::string> names;  ///< names[i] belongs to $(i + 1); each once, in order of first use
};

/// Finds `:name` in SQL and replaces it by a number. It does not touch strings ('…', E'…', U&'…'), quoted
/// identifiers, dollar quotes, comments, `::casts`, `:=`, `JSON_OBJECT(key:value)` and array slices
/// (`a[1:n]`; but `ARRAY[:a]` and `a[:n]` hold parameters). A pure function; SQL without parameters is
/// returned byte for byte.
/// @throws Error (config) if the SQL has both $1 and :name, or a comment that is not closed.
[[nodiscard]] ParameterizedSql parse_named_parameters(std::string_view sql);

/// The SQL up to the end of its last word, without the ';', white space and comments behind it. A pure
/// function.
/// @throws Error (config) if the SQL has a comment that is not closed.
[[nodiscard]] std::string_view without_end(std::string_view sql);

/// The values in the order of the numbers.
/// @throws Error (config) that names every parameter without a value and every value without a parameter;
/// Error (config, 22021) if a value contains a NUL byte.
[[nodiscard]] std::vector<Parameter> bind_parameters(
    const ParameterizedSql& query, const std::map<std::string, std::optional<std::string>>& given);

}  // namespace leat
