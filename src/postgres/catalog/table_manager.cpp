#include "leat/postgres/catalog/table_manager.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "leat/postgres/catalog/detail/table_questions.hpp"

namespace leat {

namespace {

std::string select_list(std::span<const SelectItem> items) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + item.sql;
  return list;
}

/// A table's columns in parentheses, each quoted; nothing for none.
std::string in_parentheses(const std::string& list) {
  return list.empty() ? "" : " (" + list + ")";
}

std::string format_clause(RowFormat format) {
  return format == RowFormat::binary ? " (FORMAT binary)" : "";
}

}  // namespace

Statement postgres_detail::advance_statement(const OwnedSequence& sequence, const TableInfo& table) {
  const std::string column = quote_identifier(sequence.column);
  const std::string last = std::string(sequence.rises ? "pg_catalog.max(" : "pg_catalog.min(") + column + ")";
  const char* const beyond = sequence.rises ? ">" : "<";
  const char* const bound = sequence.rises ? "$3" : "$2";
  const std::string ahead =
      "(t.last " + std::string(beyond) + " s.last_value OR (t.last = s.last_value AND NOT s.is_called))";
  // Values outside its bounds it never gives, so they are in nobody's way.
  return {.sql = "SELECT a.moved, a.next " + std::string(beyond) + " " + bound +
                 "::pg_catalog.numeric, a.ahead AND a.moved IS NULL FROM (SELECT " + ahead +
                 " AS ahead, CASE WHEN " + ahead + (sequence.cycles ? " AND NOT s.is_called" : "") +
                 " THEN pg_catalog.setval($1::pg_catalog.regclass, t.last) END AS moved, "
                 "CASE WHEN " +
                 ahead + " THEN t.last WHEN s.is_called THEN s.last_value END" +
                 "::pg_catalog.numeric + $4::pg_catalog.numeric AS next FROM (SELECT " + last +
                 "::pg_catalog.int8 AS last FROM " + only_sql(table) + " WHERE " + column +
                 " BETWEEN $2::pg_catalog.int8 AND $3::pg_catalog.int8) AS t, " + sequence.name.sql() +
                 " AS s) AS a WHERE a.ahead OR a.next " + beyond + " " + bound + "::pg_catalog.numeric",
          .parameters = {sequence.name.sql(), std::to_string(sequence.least), std::to_string(sequence.most),
                         std::to_string(sequence.step)}};
}

std::optional<std::int64_t> TableManager::advance(const OwnedSequence& sequence, const TableInfo& table,
                                                  std::stop_token stop) {
  const Statement statement = postgres_detail::advance_statement(sequence, table);
  const Result set = connection_.execute_long(statement.sql, statement.parameters, std::move(stop));
  if (set.empty() || set.is_null(0, 0)) return std::nullopt;
  return set.integer(0, 0);
}

bool TableManager::may_analyze(const TableInfo& table, std::stop_token stop) {
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  // A privilege of its own since PostgreSQL 17.
  const std::string privilege = connection_.server_version() >= 170000
                                    ? "pg_catalog.has_table_privilege(c.oid, 'MAINTAIN')"
                                    : "pg_catalog.pg_has_role(c.relowner, 'USAGE')";
  return connection_
      .execute("SELECT " + privilege +
                   " OR pg_catalog.pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_class c, "
                   "pg_catalog.pg_database d WHERE c.oid = $1::pg_catalog.oid AND d.datname = "
                   "pg_catalog.current_database()",
               oid, stop)
      .boolean(0, 0);
}

void TableManager::truncate(const TableInfo& table, std::stop_token stop) {
  truncate(std::span(&table, 1), std::move(stop));
}

void TableManager::truncate(std::span<const TableInfo> tables, std::stop_token stop) {
  std::string list;
  for (const auto& table : tables) list += (list.empty() ? "" : ", ") + only_sql(table);
  connection_.execute_long("TRUNCATE TABLE " + list, {}, stop);
}

bool TableManager::lock_if_empty(std::span<const TableInfo> tables, std::stop_token stop) {
  std::string list;
  std::string size;
  for (const auto& table : tables) {
    if (table.kind != RelationKind::table) return false;
    list += (list.empty() ? "" : ", ") + only_sql(table);
    size += (size.empty() ? "" : " + ") + ("pg_catalog.pg_relation_size(" + std::to_string(table.oid) + ")");
  }
  const Result found =
      connection_.execute_long("LOCK TABLE " + list + " IN ACCESS EXCLUSIVE MODE; SELECT " + size, {}, stop);
  return !found.is_null(0, 0) && found.integer(0, 0) == 0;
}

std::uint64_t TableManager::delete_all(const TableInfo& table, std::span<const Oid> along,
                                       std::stop_token stop) {
  // No key can be added from here on.
  connection_.execute_long("LOCK TABLE " + only_sql(table) + " IN EXCLUSIVE MODE", {}, stop);
  for (const auto& key : referencing_keys(table, stop)) {
    if (!key.changes_rows() || key.is_within(along)) continue;
    connection_.execute_long("LOCK TABLE " + key.table.sql() + " IN SHARE MODE", {}, stop);
    if (has_references(key, stop)) throw would_go_along(table.name, key);
  }
  return connection_.execute_long("DELETE FROM " + only_sql(table), {}, stop).affected();
}

bool TableManager::has_references(const ReferencingKey& key, std::stop_token stop) {
  std::string condition;
  for (const auto& column : key.columns) {
    condition += (condition.empty() ? "" : " AND ") + quote_identifier(column) + " IS NOT NULL";
  }
  return !connection_
              .execute_long("SELECT 1 FROM " + key.from_sql() + " WHERE " + condition + " LIMIT 1", {},
                            std::move(stop))
              .empty();
}

Error would_go_along(const TableName& table, const ReferencingKey& key) {
  return {ErrorKind::target,
          "rows of " + key.table.display() + " reference " + table.display() +
              " and would be deleted or changed along with its old rows",
          {.sqlstate = "23503",
           .detail = "foreign key " + quote_identifier(key.constraint) + " has an ON DELETE action",
           .hint = "append instead, or drop that constraint for the time of the load"}};
}

void TableManager::create_like(const TableName& table, const TableName& model, std::stop_token stop) {
  connection_.execute("CREATE TABLE " + table.sql() + " (LIKE " + model.sql() + " INCLUDING ALL)", {}, stop);
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
    return "COPY " + table.name.sql() + in_parentheses(select_list(items)) + " TO STDOUT" +
           format_clause(format);
  }
  return "COPY (" + select_sql(table, items, where) + ") TO STDOUT" + format_clause(format);
}

std::string copy_query_sql(std::string_view query, RowFormat format) {
  while (!query.empty() && std::string_view(" \t\r\n;").find(query.back()) != std::string_view::npos) {
    query.remove_suffix(1);
  }
  return "COPY (\n" + std::string(query) + "\n) TO STDOUT" + format_clause(format);
}

std::string copy_from_sql(const TableName& table, std::span<const std::string> columns, RowFormat format) {
  std::string list;
  for (const auto& column : columns) list += (list.empty() ? "" : ", ") + quote_identifier(column);
  return "COPY " + table.sql() + in_parentheses(list) + " FROM STDIN" + format_clause(format);
}

}  // namespace leat
