#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// A pattern for table names. It is written as a name in SQL, with `*` (any characters) and `?` (one
/// character) outside of double quotes: `sales.*` or `"Mixed Case".ord*`. Without a schema it matches only
/// tables that the search_path finds. A value.
class LEAT_EXPORT TablePattern {
 public:
  /// @throws Error (config) that quotes the text and says what is wrong.
  [[nodiscard]] static TablePattern parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view schema, std::string_view name, bool is_visible) const;
  /// True if it is a single name, without `*` and `?`.
  [[nodiscard]] bool is_exact() const noexcept { return exact_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  /// A literal character, or a wildcard.
  enum class Kind { literal, any, many };
  struct Token {
    Kind kind;
    char value;
  };
  using Glob = std::vector<Token>;

  static bool matches(std::span<const Token> glob, std::string_view text);

  std::string text_;
  bool exact_ = true;
  bool has_schema_ = false;
  Glob schema_;
  Glob name_;
};

/// A table that matched a pattern.
struct ListedTable {
  TableName name;
  Oid oid = 0;
  RelationKind kind = RelationKind::table;
  bool is_visible = false;  ///< the search_path finds it by its name alone
};

/// The tables that match `include` and do not match `exclude`, ordered by name.
///
/// Patterns with wildcards match ordinary tables and the leaves of partitioned tables. Views, foreign tables
/// and partitioned tables must be named without wildcards. A leaf is left out if a table above it is in the
/// list. System tables are left out, and also leat's own tables (the schema leat_meta), even if they are
/// named. Tables of extensions are left out unless they are named. Waits for no lock.
/// @param notes if not null, receives a sentence for each foreign table that wildcards left out of a
/// partitioned table whose other partitions are in the list.
/// @throws Error (config) for a pattern of `include` that matches nothing; for a name in `exclude` that no
/// table has (a wildcard may match nothing); if `exclude` leaves no table, or matches a partition of a table
/// that is copied as one.
[[nodiscard]] LEAT_EXPORT std::vector<ListedTable> list_tables(Connection& connection,
                                                               std::span<const TablePattern> include,
                                                               std::span<const TablePattern> exclude,
                                                               std::stop_token stop = {},
                                                               std::vector<std::string>* notes = nullptr);

}  // namespace leat
