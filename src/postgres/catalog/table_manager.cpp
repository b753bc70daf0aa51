#include "leat/postgres/catalog/table_manager.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat {

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
                 "::pg_catalog.int8 AS last FROM " + postgres_detail::only_sql(table) + " WHERE " + column +
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
  for (const auto& table : tables) list += (list.empty() ? "" : ", ") + postgres_detail::only_sql(table);
  connection_.execute_long("TRUNCATE TABLE " + list, {}, stop);
}

bool TableManager::lock_if_empty(std::span<const TableInfo> tables, std::stop_token stop) {
  std::string list;
  std::string size;
  for (const auto& table : tables) {
    if (table.kind != RelationKind::table) return false;
    list += (list.empty() ? "" : ", ") + postgres_detail::only_sql(table);
    size += (size.empty() ? "" : " + ") + ("pg_catalog.pg_relation_size(" + std::to_string(table.oid) + ")");
  }
  const Result found =
      connection_.execute_long("LOCK TABLE " + list + " IN ACCESS EXCLUSIVE MODE; SELECT " + size, {}, stop);
  return !found.is_null(0, 0) && found.integer(0, 0) == 0;
}

std::uint64_t TableManager::delete_all(const TableInfo& table, std::span<const Oid> along,
                                       std::stop_token stop) {
  // No key can be added from here on.
  connection_.execute_long("LOCK TABLE " + postgres_detail::only_sql(table) + " IN EXCLUSIVE MODE", {}, stop);
  for (const auto& key : referencing_keys(table, stop)) {
    if (!key.changes_rows() || key.is_within(along)) continue;
    connection_.execute_long("LOCK TABLE " + key.table.sql() + " IN SHARE MODE", {}, stop);
    if (has_references(key, stop)) throw postgres_detail::would_go_along(table.name, key);
  }
  return connection_.execute_long("DELETE FROM " + postgres_detail::only_sql(table), {}, stop).affected();
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

void TableManager::create_like(const TableName& table, const TableName& model, std::stop_token stop) {
  connection_.execute("CREATE TABLE " + table.sql() + " (LIKE " + model.sql() + " INCLUDING ALL)", {}, stop);
}

}  // namespace leat
