#pragma once

#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// Quotes a name as PostgreSQL does: in double quotes, with double quotes inside it doubled.
/// @throws Error (config) for an empty name or for a name that holds a zero byte.
[[nodiscard]] LEAT_EXPORT std::string quote_identifier(std::string_view name);

/// A name for people: in double quotes only if SQL needs them.
/// @throws Error as quote_identifier() does.
[[nodiscard]] LEAT_EXPORT std::string display_identifier(std::string_view name);

/// The name of a table or view. An empty schema means the first schema of the session's search_path that has
/// it.
struct LEAT_EXPORT TableName {
  std::string schema;
  std::string name;

  /// Parses a name as SQL writes it: `orders`, `sales.orders`, `"Mixed Case"."Order"`. As in SQL, names
  /// without quotes are folded to lower case.
  /// @throws Error (config) that quotes the text and says what is wrong.
  [[nodiscard]] static TableName parse(std::string_view text);

  /// For SQL: each part is quoted.
  [[nodiscard]] std::string sql() const;

  /// For people: each part as display_identifier() returns it.
  [[nodiscard]] std::string display() const;

  friend bool operator==(const TableName&, const TableName&) = default;
};

}  // namespace leat
