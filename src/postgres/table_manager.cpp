#include "leat/postgres/table_manager.hpp"

#include <algorithm>
#include <array>

#include "postgres/relation_kind.hpp"

namespace leat {
namespace {

constexpr const char* table_query = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::pg_catalog.int8,
       CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END, m.amname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
WHERE c.oid = pg_catalog.to_regclass($1))";

constexpr const char* column_query = R"(
SELECT a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       a.attgenerated <> '', a.attidentity, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       CASE WHEN a.attcollation <> t.typcollation THEN pg_catalog.quote_ident(n.nspname) || '.' ||
                 pg_catalog.quote_ident(co.collname) ELSE '' END
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = co.collnamespace
WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum)";

constexpr const char* reference_query = R"(
WITH tree AS (SELECT relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.oid::pg_catalog.regclass)
              UNION SELECT $1::pg_catalog.oid::pg_catalog.regclass)
SELECT con.oid, con.conname, n.nspname, c.relname, con.confdeltype, a.attname
FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_class c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.unnest(con.conkey) WITH ORDINALITY AS k(attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.attnum
WHERE con.contype = 'f' AND con.confrelid IN (SELECT relid FROM tree)
  AND con.conrelid NOT IN (SELECT relid FROM tree)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint parent
                  WHERE parent.oid = con.conparentid AND parent.confrelid IN (SELECT relid FROM tree))
ORDER BY n.nspname, c.relname, con.conname, con.oid, k.position)";

// Owned by the column: serial (a) or identity (i).
constexpr const char* sequence_query = R"(
SELECT a.attname, n.nspname, s.relname, q.seqincrement > 0, q.seqmin, q.seqmax
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refobjid = $1::pg_catalog.oid AND d.deptype IN ('a', 'i') AND NOT q.seqcycle
  AND a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                     'pg_catalog.int8'::pg_catalog.regtype)
ORDER BY a.attnum, s.relname)";

Oid to_oid(const Result& result, std::size_t row, std::size_t column) {
  return static_cast<Oid>(result.integer(row, column));
}

char to_char(std::string_view text) {
  return text.empty() ? '\0' : text.front();
}

std::string select_list(std::span<const SelectItem> items) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + item.sql;
  return list;
}

/// A table's columns in parentheses, each quoted; nothing for none.
std::string in_parentheses(const std::string& list) {
  return list.empty() ? "" : " (" + list + ")";
}

/// "ONLY t" for an ordinary table, so that inheritance children stay out of it.
std::string only(const TableInfo& table) {
  return (table.kind == RelationKind::table ? "ONLY " : "") + table.name.sql();
}

std::string format_clause(RowFormat format) {
  return format == RowFormat::binary ? " (FORMAT binary)" : "";
}

}  // namespace

TableInfo TableManager::describe(const TableName& table, std::stop_token stop) {
  const std::array<Parameter, 1> name{table.sql()};
  const Result found = connection_.execute(table_query, name, stop);
  if (found.empty()) {
    const auto side = connection_.options().side;
    throw Error(side,
                "relation " + table.display() + " does not exist in the " + std::string(to_string(side)),
                {.sqlstate = "42P01",
                 .hint = "write schema.table, in double quotes where letters are upper case; the table must "
                         "exist before"});
  }
  TableInfo info{.name = {.schema = std::string(found.text(0, 1)), .name = std::string(found.text(0, 2))},
                 .oid = to_oid(found, 0, 0),
                 .kind = postgres_detail::to_relation_kind(found.text(0, 3)),
                 .size = ByteCount{static_cast<std::uint64_t>(found.integer(0, 5))},
                 .access_method = std::string(found.text(0, 6))};
  const auto estimate = found.integer(0, 4);
  if (estimate > 0) info.estimated_rows = static_cast<std::uint64_t>(estimate);

  const std::array<Parameter, 1> oid{std::to_string(info.oid)};
  const Result columns = connection_.execute(column_query, oid, stop);
  std::vector<Oid> types;
  for (std::size_t i = 0; i < columns.rows(); ++i) {
    TableColumn column{.name = std::string(columns.text(i, 0)),
                       .typmod = static_cast<std::int32_t>(columns.integer(i, 2)),
                       .type_name = std::string(columns.text(i, 3)),
                       .not_null = columns.boolean(i, 4),
                       .generated = columns.boolean(i, 5),
                       .collation = std::string(columns.text(i, 8))};
    const char identity = to_char(columns.text(i, 6));
    if (identity == 'a') column.identity = Identity::always;
    if (identity == 'd') column.identity = Identity::by_default;
    if (!columns.is_null(i, 7) && !column.generated)
      column.default_expression = std::string(columns.text(i, 7));
    types.push_back(to_oid(columns, i, 1));
    info.columns.push_back(std::move(column));
  }
  auto described = describe_types(types, stop);
  for (std::size_t i = 0; i < info.columns.size(); ++i) info.columns[i].type = std::move(described[i]);
  return info;
}

std::vector<ReferencingKey> TableManager::referencing_keys(const TableInfo& table, std::stop_token stop) {
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  const Result found = connection_.execute(reference_query, oid, stop);
  std::vector<ReferencingKey> keys;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    if (i == 0 || found.text(i, 0) != found.text(i - 1, 0)) {
      keys.push_back(
          {.constraint = std::string(found.text(i, 1)),
           .table = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))},
           .on_delete = to_char(found.text(i, 4))});
    }
    keys.back().columns.emplace_back(found.text(i, 5));
  }
  return keys;
}

std::vector<OwnedSequence> TableManager::owned_sequences(const TableInfo& table,
                                                         std::span<const std::string> columns,
                                                         std::stop_token stop) {
  const std::array<Parameter, 1> oid{std::to_string(table.oid)};
  const Result found = connection_.execute(sequence_query, oid, stop);
  std::vector<OwnedSequence> sequences;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const std::string column(found.text(i, 0));
    if (std::find(columns.begin(), columns.end(), column) == columns.end()) continue;
    sequences.push_back(
        {.name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
         .column = column,
         .rises = found.boolean(i, 3),
         .least = found.integer(i, 4),
         .most = found.integer(i, 5)});
  }
  return sequences;
}

std::optional<std::int64_t> TableManager::advance(const OwnedSequence& sequence, const TableInfo& table,
                                                  std::stop_token stop) {
  const std::array<Parameter, 3> parameters{sequence.name.sql(), std::to_string(sequence.least),
                                            std::to_string(sequence.most)};
  const std::string last = std::string(sequence.rises ? "pg_catalog.max(" : "pg_catalog.min(") +
                           quote_identifier(sequence.column) + ")";
  const Result set = connection_.execute_long(
      "SELECT pg_catalog.setval($1::pg_catalog.regclass, t.last) FROM (SELECT " + last +
          "::pg_catalog.int8 AS last FROM " + only(table) + ") AS t, " + sequence.name.sql() +
          " AS s WHERE t.last BETWEEN $2::pg_catalog.int8 AND $3::pg_catalog.int8 AND (t.last " +
          (sequence.rises ? ">" : "<") + " s.last_value OR (t.last = s.last_value AND NOT s.is_called))",
      parameters, stop);
  if (set.empty()) return std::nullopt;
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
  for (const auto& table : tables) list += (list.empty() ? "" : ", ") + only(table);
  connection_.execute_long("TRUNCATE TABLE " + list, {}, stop);
}

void TableManager::delete_all(const TableInfo& table, std::span<const ReferencingKey> keys,
                              std::stop_token stop) {
  connection_.execute_long("LOCK TABLE " + only(table) + " IN EXCLUSIVE MODE", {}, stop);
  for (const auto& key : keys) {
    if (key.on_delete == 'a' || key.on_delete == 'r') continue;
    std::string condition;
    for (const auto& column : key.columns) {
      condition += (condition.empty() ? "" : " AND ") + quote_identifier(column) + " IS NOT NULL";
    }
    connection_.execute_long("LOCK TABLE " + key.table.sql() + " IN SHARE MODE", {}, stop);
    const auto referenced = connection_.execute_long(
        "SELECT 1 FROM " + key.table.sql() + " WHERE " + condition + " LIMIT 1", {}, stop);
    if (!referenced.empty()) {
      throw Error(connection_.options().side,
                  "rows of " + key.table.display() + " reference " + table.name.display() +
                      " and would be deleted or changed along with its old rows",
                  {.sqlstate = "23503",
                   .detail = "foreign key " + quote_identifier(key.constraint) + " has an ON DELETE action",
                   .hint = "append instead, or drop that constraint for the time of the load"});
    }
  }
  connection_.execute_long("DELETE FROM " + only(table), {}, stop);
}

void TableManager::create_like(const TableName& table, const TableName& model, std::stop_token stop) {
  connection_.execute("CREATE TABLE " + table.sql() + " (LIKE " + model.sql() + " INCLUDING ALL)", {}, stop);
}

std::vector<SelectItem> select_items(std::span<const TableColumn> columns) {
  std::vector<SelectItem> items;
  // COPY of a table does not give the generated ones.
  for (const auto& column : columns)
    items.push_back({.sql = quote_identifier(column.name), .is_column = !column.generated});
  return items;
}

std::string select_sql(const TableInfo& table, std::span<const SelectItem> items, std::string_view where) {
  std::string sql = "SELECT " + select_list(items) + " FROM " + only(table);
  // The condition stands on lines of its own, so that a comment at its end swallows nothing.
  if (!where.empty()) sql += " WHERE (\n" + std::string(where) + "\n)";
  return sql;
}

std::string copy_to_sql(const TableInfo& table, std::span<const SelectItem> items, std::string_view where,
                        RowFormat format) {
  const bool columns_alone =
      std::all_of(items.begin(), items.end(), [](const auto& i) { return i.is_column; });
  if (table.kind == RelationKind::table && where.empty() && columns_alone) {
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
