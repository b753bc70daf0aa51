#pragma once

#include <optional>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// Which rows are meant of a table that other tables inherit from. Says nothing of partitioned tables, whose
/// rows are always those of their partitions.
enum class Inheritance {
  /// Nobody has said: such a table is an error that names the tables that inherit from it.
  refuse,
  /// The table's own rows.
  only,
  /// Also the rows of all tables that inherit from it, and from these, in the columns that the table has.
  tree,
};

/// "refuse", "only" or "tree".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(Inheritance inheritance);

/// The one of that name; nullopt if there is none.
[[nodiscard]] LEAT_EXPORT std::optional<Inheritance> parse_inheritance(std::string_view name);

}  // namespace leat
