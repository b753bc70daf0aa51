#include "leat/postgres/catalog/table_info.hpp"

#include <algorithm>

#include "leat/core/error.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"

namespace leat {
namespace {

std::string known_columns(const TableInfo& table) {
  std::string text;
  for (const auto& column : table.columns) text += (text.empty() ? "" : ", ") + quote_identifier(column.name);
  return text;
}

const TableColumn& require(const TableInfo& table, const std::string& name) {
  if (const auto* column = table.find(name)) return *column;
  throw Error(ErrorKind::config,
              table.name.display() + " has no column " + quote_identifier(name) +
                  postgres_detail::did_you_mean_column(name, table),
              {.hint = "its columns are " + known_columns(table)});
}

void check_unique(const std::vector<std::string>& names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (std::find(names.begin(), name, *name) != name) {
      throw Error(ErrorKind::config, "column " + quote_identifier(*name) + " is named twice");
    }
  }
}

}  // namespace

std::string_view to_string(RelationKind kind) {
  switch (kind) {
    case RelationKind::table:
      return "table";
    case RelationKind::partitioned_table:
      return "partitioned table";
    case RelationKind::view:
      return "view";
    case RelationKind::materialized_view:
      return "materialized view";
    case RelationKind::foreign_table:
      return "foreign table";
    case RelationKind::other:
      break;
  }
  return "relation that holds no rows of its own";
}

const TableColumn* TableInfo::find(std::string_view column) const {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == column; });
  return at == columns.end() ? nullptr : &*at;
}

std::vector<TableColumn> select_columns(const TableInfo& table, const std::vector<std::string>& include,
                                        const std::vector<std::string>& exclude) {
  if (!include.empty() && !exclude.empty()) {
    throw Error(ErrorKind::config, "columns can be included or excluded, not both");
  }
  check_unique(include);
  check_unique(exclude);
  std::vector<TableColumn> selected;
  for (const auto& name : include) selected.push_back(require(table, name));
  for (const auto& name : exclude) static_cast<void>(require(table, name));
  if (include.empty()) {
    for (const auto& column : table.columns) {
      const bool excluded = std::find(exclude.begin(), exclude.end(), column.name) != exclude.end();
      if (!excluded && !column.generated) selected.push_back(column);
    }
  }
  // A table without any column, or with generated ones alone, has rows all the same.
  if (selected.empty() && !exclude.empty())
    throw Error(ErrorKind::config, table.name.display() + ": no column is left to copy");
  return selected;
}

std::vector<Column> row_columns(const std::vector<TableColumn>& columns) {
  std::vector<Column> result;
  for (const auto& column : columns) {
    result.push_back({.name = column.name,
                      .type = column.type.base,
                      .typmod = column.typmod,
                      .nullable = !column.not_null,
                      .type_name = column.type_name});
  }
  return result;
}

std::string ReferencingKey::from_sql() const {
  const bool is_plain = leaves.size() == 1 && leaves.front() == table_oid;
  return (is_plain ? "ONLY " : "") + table.sql();
}

bool ReferencingKey::is_within(std::span<const Oid> tables) const {
  return std::all_of(leaves.begin(), leaves.end(),
                     [&](Oid leaf) { return std::find(tables.begin(), tables.end(), leaf) != tables.end(); });
}

bool UniqueKey::is_over(std::span<const std::string> names) const {
  return columns.size() == names.size() &&
         std::all_of(columns.begin(), columns.end(), [names](const KeyColumn& column) {
           return std::find(names.begin(), names.end(), column.name) != names.end();
         });
}

}  // namespace leat
