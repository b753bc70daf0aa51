#include "leat/postgres/catalog/detail/table_sql.hpp"

#include <algorithm>

namespace leat::postgres_detail {
namespace {

std::string select_list(std::span<const SelectItem> items) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + item.sql;
  return list;
}

}  // namespace

Error would_go_along(const TableName& table, const ReferencingKey& key) {
  return {ErrorKind::target,
          "rows of " + key.table.display() + " reference " + table.display() +
              " and would be deleted or changed along with its old rows",
          {.sqlstate = "23503",
           .detail = "foreign key " + quote_identifier(key.constraint) + " has an ON DELETE action",
           .hint = "append instead, or drop that constraint for the time of the load"}};
}

std::string only_sql(const TableInfo& table) {
  return (table.kind == RelationKind::table ? "ONLY " : "") + table.name.sql();
}

std::string rows_sql(const TableInfo& table) {
  const bool may_be_inherited =
      table.kind == RelationKind::table || table.kind == RelationKind::foreign_table;
  return (may_be_inherited && !table.with_inheriting ? "ONLY " : "") + table.name.sql() +
         (table.alias.empty() ? "" : " AS " + quote_identifier(table.alias));
}

std::vector<SelectItem> select_items(std::span<const TableColumn> columns) {
  std::vector<SelectItem> items;
  // COPY of a table does not give the generated ones.
  for (const auto& column : columns)
    items.push_back({.sql = quote_identifier(column.name), .is_column = !column.generated});
  return items;
}

std::string select_sql(const TableInfo& table, std::span<const SelectItem> items, std::string_view where) {
  std::string sql = "SELECT " + select_list(items) + " FROM " + rows_sql(table);
  // The condition stands on lines of its own, so that a comment at its end swallows nothing.
  if (!where.empty()) sql += " WHERE (\n" + std::string(where) + "\n)";
  return sql;
}

std::string copy_to_sql(const TableInfo& table, std::span<const SelectItem> items, std::string_view where,
                        RowFormat format) {
  const bool columns_alone =
      std::all_of(items.begin(), items.end(), [](const auto& i) { return i.is_column; });
  if (table.kind == RelationKind::table && !table.with_inheriting && where.empty() && columns_alone) {
    return "COPY " + table.name.sql() + (items.empty() ? "" : " (" + select_list(items) + ")") +
           " TO STDOUT" + format_clause(format);
  }
  return "COPY (" + select_sql(table, items, where) + ") TO STDOUT" + format_clause(format);
}

std::string format_clause(RowFormat format) {
  return format == RowFormat::binary ? " (FORMAT binary)" : "";
}

}  // namespace leat::postgres_detail
