#include <array>
#include <string>
#include <utility>

#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat {
namespace {

using postgres_detail::oid_array;
using postgres_detail::text_array;

// Over the columns d of a table: a number that other columns do not give.
constexpr const char* definition_hash = R"(
  COALESCE(pg_catalog.hashtextextended(pg_catalog.string_agg(pg_catalog.concat_ws(' ', d.attnum, d.atttypid,
    d.atttypmod, d.attgenerated, d.attname), ',' ORDER BY d.attnum), 0), 0)
FROM pg_catalog.pg_attribute d WHERE d.attnum > 0 AND NOT d.attisdropped AND d.attrelid = )";

std::string table_info_query() {
  return std::string(R"(
SELECT t.position, c.oid, n.nspname, c.relname, c.relkind, c.reltuples::pg_catalog.int8,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END, m.amname,
       (SELECT )") +
         definition_hash +
         R"(c.oid)
FROM pg_catalog.unnest($1::pg_catalog.text[]) WITH ORDINALITY AS t(name, position)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t.name)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam)";
}

constexpr const char* table_column_query = R"(
SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attnotnull, a.attgenerated <> '', a.attidentity, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.quote_ident(n.nspname) || '.' ||
                 pg_catalog.quote_ident(co.collname) ELSE '' END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = co.collnamespace
WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum)";

}  // namespace

TableInfo TableManager::describe(const TableName& table, std::stop_token stop) {
  auto found = std::move(describe(std::span(&table, 1), stop).front());
  if (found) return std::move(*found);
  const auto side = connection_.options().side;
  throw Error(side,
              "relation " + table.display() + " does not exist in the " + std::string(to_string(side)) +
                  postgres_detail::did_you_mean_table(connection_, table, stop),
              {.sqlstate = "42P01",
               .hint = "write schema.table, in double quotes where letters are upper case; the table must "
                       "exist before"});
}

std::vector<std::optional<TableInfo>> TableManager::describe(std::span<const TableName> tables,
                                                             std::stop_token stop) {
  std::vector<std::optional<TableInfo>> infos;
  postgres_detail::Questions questions;
  postgres_detail::ask_tables(questions, tables, infos);
  questions.ask(connection_, stop);
  std::vector<Oid> oids;
  for (const auto& info : infos) {
    if (info) oids.push_back(info->oid);
  }
  if (oids.empty()) return infos;
  const auto columns = read_columns(oids, stop);
  for (auto& info : infos) {
    if (!info) continue;
    const auto own = columns.find(info->oid);
    if (own != columns.end()) info->columns = own->second;
  }
  return infos;
}

std::map<Oid, std::vector<TableColumn>> TableManager::read_columns(std::span<const Oid> tables,
                                                                   const std::stop_token& stop) {
  Result found;
  postgres_detail::Questions questions;
  postgres_detail::ask_columns(questions, tables, found);
  questions.ask(connection_, stop);
  return postgres_detail::to_columns(connection_, found, stop);
}

namespace postgres_detail {

void ask_tables(Questions& questions, std::span<const TableName> tables,
                std::vector<std::optional<TableInfo>>& into) {
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.sql());
  into.assign(tables.size(), std::nullopt);
  questions.add(table_info_query(), {text_array(names)}, [&into](const Result& found) {
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TableInfo info{.name = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))},
                     .oid = found.oid(i, 1),
                     .kind = to_relation_kind(found.text(i, 4)),
                     .size = ByteCount{static_cast<std::uint64_t>(found.integer(i, 6))},
                     .access_method = std::string(found.text(i, 7)),
                     .definition = found.integer(i, 8)};
      const auto estimate = found.integer(i, 5);
      if (estimate > 0) info.estimated_rows = static_cast<std::uint64_t>(estimate);
      into[static_cast<std::size_t>(found.integer(i, 0)) - 1] = std::move(info);
    }
  });
}

void ask_columns(Questions& questions, std::span<const Oid> tables, Result& into) {
  questions.add(table_column_query, {oid_array(tables)}, [&into](Result found) { into = std::move(found); });
}

std::map<Oid, std::vector<TableColumn>> to_columns(Connection& connection, const Result& found,
                                                   const std::stop_token& stop) {
  std::vector<Oid> types;
  for (std::size_t i = 0; i < found.rows(); ++i) types.push_back(found.oid(i, 2));
  auto described = TableManager(connection).describe_types(types, stop);
  std::map<Oid, std::vector<TableColumn>> columns;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    TableColumn column{.name = std::string(found.text(i, 1)),
                       .type = std::move(described[i]),
                       .typmod = static_cast<std::int32_t>(found.integer(i, 3)),
                       .type_name = std::string(found.text(i, 4)),
                       .not_null = found.boolean(i, 5),
                       .generated = found.boolean(i, 6),
                       .collation = std::string(found.text(i, 9))};
    const char identity = found.character(i, 7);
    if (identity == 'a') column.identity = Identity::always;
    if (identity == 'd') column.identity = Identity::by_default;
    if (!found.is_null(i, 8) && !column.generated) column.default_expression = std::string(found.text(i, 8));
    columns[found.oid(i, 0)].push_back(std::move(column));
  }
  return columns;
}

std::string unchanged_sql(const Connection& connection, const TableInfo& table) {
  const std::string now = "pg_catalog.to_regclass(" + connection.quote_literal(table.name.sql()) + ")";
  // One table and no join: this runs once for each table of a job, and planning would cost more than the
  // rest.
  return now + "::pg_catalog.oid = " + std::to_string(table.oid) + "::pg_catalog.oid AND (SELECT " +
         definition_hash + now + ") = '" + std::to_string(table.definition) + "'::pg_catalog.int8";
}

}  // namespace postgres_detail

bool TableManager::is_unchanged(const TableInfo& table, std::stop_token stop) {
  const Result found = connection_.execute("SELECT " + postgres_detail::unchanged_sql(connection_, table), {},
                                           std::move(stop));
  return !found.is_null(0, 0) && found.boolean(0, 0);
}

}  // namespace leat
