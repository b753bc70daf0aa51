#pragma once

#include <string>
#include <string_view>

namespace leat {

/// A name as PostgreSQL quotes it: in double quotes, with those inside doubled.
/// @throws Error (config) for an empty name or one that holds a zero byte.
[[nodiscard]] std::string quote_identifier(std::string_view name);

/// A name for people: in double quotes only where SQL needs them.
/// @throws Error as quote_identifier() does.
[[nodiscard]] std::string display_identifier(std::string_view name);

/// A table's (or view's) name. An empty schema means the first one of the session's search_path that has it.
struct TableName {
  std::string schema;
  std::string name;

  /// Reads SQL's notation: `orders`, `sales.orders`, `"Mixed Case"."Order"`. As in SQL, what is not quoted is
  /// folded to lower case.
  /// @throws Error (config) that quotes the text and says what is wrong with it.
  [[nodiscard]] static TableName parse(std::string_view text);

  /// For SQL: every part quoted.
  [[nodiscard]] std::string sql() const;

  /// For people: each part as display_identifier() has it.
  [[nodiscard]] std::string display() const;

  friend bool operator==(const TableName&, const TableName&) = default;
};

}  // namespace leat
