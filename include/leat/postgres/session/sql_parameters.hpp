#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Where a parameter stands. Offsets are in bytes.
struct ParameterPlace {
  std::size_t name = 0;  ///< index in ParameterizedSql::names
  std::size_t at = 0;    ///< in ParameterizedSql::sql, where "$1" stands
  std::size_t own = 0;   ///< in the SQL that was parsed, where ":name" stands
  /// It may be all of a column of a SELECT, without AS, so that the column's name would be another one if a
  /// cast stood there. True also in a few places that only look like that.
  bool may_name_column = false;
};

/// SQL whose named parameters were replaced by $1, $2, …
struct LEAT_EXPORT ParameterizedSql {
  std::string sql;
  std::vector<std::string> names;        ///< names[i] belongs to $(i + 1); each once, in order of first use
  std::vector<ParameterPlace> places{};  ///< in their order

  /// The SQL with texts[i] instead of $(i + 1), wherever that is a parameter.
  [[nodiscard]] std::string with(std::span<const std::string> texts) const;
};

/// Finds `:name` in SQL and replaces it by a number. It does not touch strings ('…', E'…', U&'…'), quoted
/// identifiers, dollar quotes, comments, `::casts`, `:=`, `JSON_OBJECT(key:value)` and array slices
/// (`a[1:n]`; but `ARRAY[:a]` and `a[:n]` hold parameters). A pure function; SQL without parameters is
/// returned byte for byte.
/// @throws Error (config) if the SQL has both $1 and :name, or a comment that is not closed.
[[nodiscard]] LEAT_EXPORT ParameterizedSql parse_named_parameters(std::string_view sql);

/// The SQL up to the end of its last word, without the ';', white space and comments behind it. A pure
/// function.
/// @throws Error (config) if the SQL has a comment that is not closed.
[[nodiscard]] LEAT_EXPORT std::string_view sql_without_end(std::string_view sql);

/// The values in the order of the numbers.
/// @throws Error (config) that names every parameter without a value and every value without a parameter;
/// Error (config, 22021) if a value contains a NUL byte.
[[nodiscard]] LEAT_EXPORT std::vector<Parameter> bind_parameters(
    const ParameterizedSql& query, const std::map<std::string, std::optional<std::string>>& given);

}  // namespace leat
