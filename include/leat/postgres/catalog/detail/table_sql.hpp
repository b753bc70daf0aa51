#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::postgres_detail {

/// The error for rows of another table that would be deleted or changed with the rows of this one (23503).
[[nodiscard]] LEAT_EXPORT Error would_go_along(const TableName& table, const ReferencingKey& key);

/// "ONLY t" for an ordinary table, so that inheritance children are left out; otherwise "t".
[[nodiscard]] LEAT_EXPORT std::string only_sql(const TableInfo& table);
/// What stands after FROM to read a table: "ONLY t" for a table that is read without the rows of those that
/// inherit from it.
[[nodiscard]] LEAT_EXPORT std::string rows_sql(const TableInfo& table);

/// One item of a SELECT list.
struct SelectItem {
  std::string sql{};      ///< an expression over the table's columns
  bool is_column = true;  ///< the SQL is a column's name and nothing else
};

/// A SELECT list of the columns themselves.
[[nodiscard]] LEAT_EXPORT std::vector<SelectItem> select_items(std::span<const TableColumn> columns);

/// A SELECT of these items. `where` is SQL of the user's own: `qty > 0`; empty for all rows.
[[nodiscard]] LEAT_EXPORT std::string select_sql(const TableInfo& table, std::span<const SelectItem> items,
                                                 std::string_view where);

/// COPY … TO STDOUT of these items. It copies the table itself if that is possible, since that is the fastest
/// way; otherwise the query of select_sql().
[[nodiscard]] LEAT_EXPORT std::string copy_to_sql(const TableInfo& table, std::span<const SelectItem> items,
                                                  std::string_view where, RowFormat format);

/// " (FORMAT binary)", or nothing for text: what a COPY ends with.
[[nodiscard]] LEAT_EXPORT std::string format_clause(RowFormat format);

}  // namespace leat::postgres_detail
