#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

/// A column of a schema that is kept.
struct RegisteredColumn {
  std::string name{};
  /// As PostgreSQL prints it, with its modifier: "numeric(12,2)", "timestamp with time zone",
  /// "public.mood[]". Types that are not built in have their schema.
  std::string type{};
  bool nullable = true;
  /// SQL of its default; also "GENERATED ALWAYS AS IDENTITY" and the like.
  std::optional<std::string> default_value{};
  std::string collation{};  ///< with its schema; empty for the type's own
  std::string description{};
  int key = 0;  ///< its place in the primary key, counted from 1; 0: it is no part of it
  /// Of an enum, or an array of one: its labels, in order.
  std::vector<std::string> labels{};
  /// Of a domain: the type below all domains.
  std::string base{};
  /// What a domain, a composite type or a range of the user's own is made of, as SQL. Empty for other types,
  /// and where it is not known.
  std::string definition{};

  friend bool operator==(const RegisteredColumn&, const RegisteredColumn&) = default;
};

/// Which columns a table has, or data are to have: what a schema registry keeps. A plain value.
struct LEAT_EXPORT RegisteredSchema {
  std::vector<RegisteredColumn> columns{};
  std::string description{};  ///< no part of the content: another one makes no new version
  /// As documents of other makers say it, and kept for them: values are never changed until they fit.
  bool strict = false;
  /// Whether a load that is checked against the schema may have more columns (check_load_schema()).
  bool allow_extra_columns = false;

  [[nodiscard]] const RegisteredColumn* find(std::string_view column) const noexcept;
  /// The columns of the primary key, in its order.
  [[nodiscard]] std::vector<std::string> key() const;
};

/// Checks a schema that is not from a document: there are columns, each with a name that is there once, and a
/// type. @throws Error (config).
LEAT_EXPORT void require_sound(const RegisteredSchema& schema);

/// A JSON object {columns, strict, allow_extra_columns}, on one line. Equal schemas have equal texts.
[[nodiscard]] LEAT_EXPORT std::string to_json(const RegisteredSchema& schema);

/// The columns as a table for people; each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const RegisteredSchema& schema);

}  // namespace leat
