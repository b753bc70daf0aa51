#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/catalog/type_info.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// Whether and how a column gets its values from its own sequence (GENERATED … AS IDENTITY).
enum class Identity {
  none,
  by_default,
  always,
};

/// One column of a table, with all its properties.
struct TableColumn {
  std::string name;
  TypeInfo type{};
  std::int32_t typmod = -1;
  std::string type_name{};  ///< with modifier: "numeric(12,2)"
  bool not_null = false;
  bool generated = false;  ///< GENERATED ALWAYS AS (expression): never written
  Identity identity = Identity::none;
  std::optional<std::string> default_expression{};
  std::string collation{};  ///< empty for the type's own collation
};

/// pg_class.relkind: the kinds from which rows can be read, and `other`.
enum class RelationKind {
  table,
  partitioned_table,
  view,
  materialized_view,
  foreign_table,
  other,
};

/// "table", "partitioned table", "view", …
[[nodiscard]] LEAT_EXPORT std::string_view to_string(RelationKind kind);

/// A table or view, as the catalog describes it at one moment.
struct LEAT_EXPORT TableInfo {
  TableName name;
  Oid oid = 0;
  RelationKind kind = RelationKind::table;
  std::optional<std::uint64_t> estimated_rows{};  ///< from the last ANALYZE or VACUUM
  ByteCount size{};                               ///< of the heap's main fork, without TOAST and indexes
  std::string access_method{};                    ///< "heap" for ordinary tables; empty if it has none
  std::int64_t definition = 0;         ///< a number that changes if the columns' names or types change
  std::vector<TableColumn> columns{};  ///< in the table's order, without dropped columns
  bool with_inheriting = false;        ///< to be read with the rows of the tables that inherit from it
  std::string alias{};                 ///< by which SQL of the user's may call it; empty: by its own name

  /// The column of that name; null if there is none.
  [[nodiscard]] const TableColumn* find(std::string_view column) const;
};

/// A foreign key of another table that references this one.
struct LEAT_EXPORT ReferencingKey {
  std::string constraint;
  TableName table;
  std::vector<std::string> columns{};
  std::vector<std::string> referenced{};  ///< columns of the referenced table, in the order of `columns`
  std::vector<std::string> equals{};      ///< operators, as SQL: referenced OPERATOR(…) column
  /// pg_constraint.confdeltype: a no action, r restrict, c cascade, n set null, d default
  char on_delete = 'a';
  char on_update = 'a';  ///< pg_constraint.confupdtype, with the same letters

  bool is_deferred = false;  ///< checked at the end of a transaction (INITIALLY DEFERRED)
  Oid table_oid = 0;
  std::vector<Oid> leaves{};  ///< table_oid; if the table is partitioned, the oids of its leaves

  /// The referencing table as SQL, without inheritance children, since the key does not apply to them.
  [[nodiscard]] std::string from_sql() const;
  /// True if all referencing rows are in these tables.
  [[nodiscard]] bool is_within(std::span<const Oid> tables) const;
  /// True if deleting a referenced row deletes or changes the rows that reference it.
  [[nodiscard]] bool changes_rows() const { return on_delete != 'a' && on_delete != 'r'; }
  /// True if changing a referenced value changes the rows that reference it.
  [[nodiscard]] bool follows_updates() const { return on_update != 'a' && on_update != 'r'; }
};

/// A column of a unique key.
struct KeyColumn {
  std::string name;
  std::string equals{};   ///< the equality operator of the index, as SQL: OPERATOR(pg_catalog.=)
  bool is_exact = false;  ///< values that are equal by this operator have the same bytes
  /// The column may be NULL, and the index takes NULL for equal to NULL (NULLS NOT DISTINCT), which the
  /// operator does not.
  bool null_is_value = false;
};

/// A unique index over columns of a table, without a condition. It compares values as the columns' types and
/// collations do.
struct LEAT_EXPORT UniqueKey {
  std::string index;
  std::vector<KeyColumn> columns{};
  bool is_primary = false;

  /// True if the key has exactly these columns, in any order.
  [[nodiscard]] bool is_over(std::span<const std::string> names) const;
};

/// Chooses the columns of `table` to read. If both lists are empty: all columns except generated ones.
/// Otherwise the columns in `include`, in that order. If only `exclude` is given: all columns except those.
/// @throws Error (config) for a column that the table lacks, for a column that is named twice, or if
/// `exclude` leaves none.
[[nodiscard]] LEAT_EXPORT std::vector<TableColumn> select_columns(const TableInfo& table,
                                                                  const std::vector<std::string>& include,
                                                                  const std::vector<std::string>& exclude);

/// The columns as a Schema describes them, in the same order.
[[nodiscard]] LEAT_EXPORT std::vector<Column> row_columns(const std::vector<TableColumn>& columns);

}  // namespace leat
