#pragma once

#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Which tables: SQL's notation of a name with `*` (any characters) and `?` (one) outside of double quotes,
/// as in `sales.*` or `"Mixed Case".ord*`. Without a schema it means tables that the search_path finds. A
/// value.
class TablePattern {
 public:
  /// @throws Error (config) that quotes the text and says what is wrong with it.
  [[nodiscard]] static TablePattern parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view schema, std::string_view name, bool is_visible) const;
  /// Whether it is one name, without `*` and `?`.
  [[nodiscard]] bool is_exact() const noexcept { return exact_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  /// A character, or what stands for some.
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

/// A table that was found by a pattern.
struct ListedTable {
  TableName name;
  Oid oid = 0;
  RelationKind kind = RelationKind::table;
};

/// The tables that `include` matches and `exclude` does not, by name. Patterns with wildcards match ordinary
/// tables and the leaves of partitioned ones; views, foreign tables and partitioned tables must be named, and
/// a leaf is left out where a table above it is there. System tables are left out, also by name those of leat
/// itself (the schema leat_meta), and those of extensions unless they are named. Waits for no lock.
/// @param notes where not null, gets a sentence for each foreign table that wildcards left out of a
/// partitioned table whose other partitions are there.
/// @throws Error (config) for a pattern of `include` that matches nothing; for a name in `exclude` that no
/// table has (a wildcard may match nothing); where `exclude` leaves no table, or matches a partition of a
/// table that is copied as one.
[[nodiscard]] std::vector<ListedTable> list_tables(Connection& connection,
                                                   std::span<const TablePattern> include,
                                                   std::span<const TablePattern> exclude,
                                                   std::stop_token stop = {},
                                                   std::vector<std::string>* notes = nullptr);

}  // namespace leat
