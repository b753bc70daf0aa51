#include "leat/postgres/catalog/table_definition.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"
#include "postgres/catalog/type_sql.hpp"

namespace leat {
namespace {

using postgres_detail::oid_array;

constexpr const char* table_definition_query = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence = 'u',
       CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) ELSE '' END,
       CASE WHEN c.relkind = 'r' THEN
         pg_catalog.concat_ws(E'\n', pg_catalog.array_to_string(c.reloptions, E'\n'),
           (SELECT 'toast.' || pg_catalog.array_to_string(t.reloptions, E'\ntoast.')
            FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid)) ELSE '' END,
       CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN
         (SELECT 'USING INDEX ' || pg_catalog.quote_ident(ic.relname) FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident)
       ELSE '' END,
       pg_catalog.obj_description(c.oid, 'pg_class'),
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.conname), ', ' ORDER BY k.conname)
        FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0),
       EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal),
       EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = c.oid AND w.ev_type <> '1'),
       c.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid),
       NOT c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid),
       c.relacl IS NOT NULL OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
                                       WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL),
       EXISTS (SELECT FROM pg_catalog.pg_publication_rel p WHERE p.prrelid = c.oid),
       c.reloftype <> 0,
       (SELECT s.spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = c.reltablespace),
       CASE WHEN c.relkind IN ('r', 'm') THEN
         (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap') END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::pg_catalog.oid[]))";

// Before version 15 what a generated column is made of is known of the column, and not of its expression.
std::string column_definition_query(int server_version) {
  return R"(
SELECT a.attrelid, a.attnum, a.attname, a.atttypid,
       )" +
         postgres_detail::element_sql("t", server_version) +
         R"(,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       )" +
         postgres_detail::collation_sql("a.attcollation", "t.typcollation") +
         R"(,
       a.attnotnull, pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attgenerated, a.attidentity,
       COALESCE(pg_catalog.col_description(a.attrelid, a.attnum), ''),
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE (p.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND p.objid = d.oid
               OR a.attgenerated <> '' AND p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND p.objid = a.attrelid AND p.objsubid = a.attnum)
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = a.attrelid
          AND p.refobjsubid NOT IN (0, a.attnum)),
       CASE WHEN c.relkind IN ('r', 'p', 'm') AND a.attstorage <> t.typstorage THEN
         CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' ELSE 'MAIN' END
       ELSE '' END,
       COALESCE(a.attstattarget, -1), pg_catalog.array_to_string(a.attoptions, E'\n'),
       )" +
         (server_version >= 140000
              ? "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' ELSE '' END"
              : "''") +
         R"(
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::pg_catalog.oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum)";
}

// An identity's, and the one that a column owns and takes its default from.
constexpr const char* sequence_definition_query = R"(
SELECT d.refobjid, d.refobjsubid, n.nspname, s.relname, pg_catalog.format_type(q.seqtypid, NULL), q.seqstart,
       q.seqmin, q.seqmax, q.seqincrement, q.seqcache, q.seqcycle,
       COALESCE(pg_catalog.obj_description(s.oid, 'pg_class'), '')
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
LEFT JOIN pg_catalog.pg_attrdef e ON e.adrelid = d.refobjid AND e.adnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ANY ($1::pg_catalog.oid[])
  AND (d.deptype = 'i' OR d.deptype = 'a' AND pg_catalog.pg_get_expr(e.adbin, e.adrelid) =
       pg_catalog.format('nextval(%L::regclass)', s.oid::pg_catalog.regclass::pg_catalog.text)))";

constexpr const char* constraint_definition_query = R"(
SELECT c.conrelid, c.conname, c.contype, pg_catalog.pg_get_constraintdef(c.oid),
       pg_catalog.array_to_string(c.conkey, ' '),
       CASE WHEN c.contype IN ('p', 'u', 'x') THEN i.indkey::pg_catalog.text ELSE '' END, i.indnkeyatts,
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND p.objid = c.oid
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = c.conrelid
          AND p.refobjsubid <> 0),
       COALESCE(pg_catalog.obj_description(c.oid, 'pg_constraint'), ''),
       COALESCE(i.indisclustered, false), COALESCE(i.indisreplident, false)
FROM pg_catalog.pg_constraint c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.conindid
WHERE c.conrelid = ANY ($1::pg_catalog.oid[]) AND c.contype IN ('p', 'u', 'c', 'x')
ORDER BY c.conrelid, c.contype <> 'p', c.conname)";

// What pg_get_indexdef prints begins with the index's and the table's name.
constexpr const char* index_definition_query = R"(
SELECT i.indrelid, ic.relname, i.indisunique,
       pg_catalog.substr(def.sql, pg_catalog.length(prefix.sql) + 1), i.indkey::pg_catalog.text,
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.objid = i.indexrelid
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = i.indrelid
          AND p.refobjsubid <> 0),
       COALESCE(pg_catalog.obj_description(i.indexrelid, 'pg_class'), ''), i.indisclustered, i.indisreplident
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = tc.relnamespace
CROSS JOIN LATERAL pg_catalog.pg_get_indexdef(i.indexrelid) AS def(sql)
CROSS JOIN LATERAL (SELECT 'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' ||
  pg_catalog.quote_ident(ic.relname) || ' ON ' || CASE WHEN ic.relkind = 'I' THEN 'ONLY ' ELSE '' END ||
  pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(tc.relname) || ' ') AS prefix(sql)
WHERE i.indrelid = ANY ($1::pg_catalog.oid[]) AND i.indisvalid AND i.indislive
  AND pg_catalog.starts_with(def.sql, prefix.sql)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c
                  WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
ORDER BY i.indrelid, ic.relname)";

// What the server prints of it begins with its name, and ends with the table's.
constexpr const char* statistics_definition_query = R"(
SELECT s.stxrelid, s.stxname,
       pg_catalog.substr(def.sql, pg_catalog.length(prefix.sql) + 1,
                         pg_catalog.length(def.sql) - pg_catalog.length(prefix.sql) - pg_catalog.length(suffix.sql)),
       (SELECT pg_catalog.string_agg(DISTINCT p.refobjsubid::pg_catalog.text, ' ') FROM pg_catalog.pg_depend p
        WHERE p.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND p.objid = s.oid
          AND p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND p.refobjid = s.stxrelid
          AND p.refobjsubid <> 0),
       COALESCE(pg_catalog.obj_description(s.oid, 'pg_statistic_ext'), '')
FROM pg_catalog.pg_statistic_ext s
JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
CROSS JOIN LATERAL pg_catalog.pg_get_statisticsobjdef(s.oid) AS def(sql)
CROSS JOIN LATERAL (SELECT 'CREATE STATISTICS ' || pg_catalog.quote_ident(n.nspname) || '.' ||
                    pg_catalog.quote_ident(s.stxname) || ' ') AS prefix(sql)
CROSS JOIN LATERAL (SELECT ' FROM ' || s.stxrelid::pg_catalog.regclass::pg_catalog.text) AS suffix(sql)
WHERE s.stxrelid = ANY ($1::pg_catalog.oid[]) AND pg_catalog.starts_with(def.sql, prefix.sql)
  AND pg_catalog.right(def.sql, pg_catalog.length(suffix.sql)) = suffix.sql
ORDER BY s.stxrelid, s.stxname)";

ConstraintKind to_constraint_kind(char contype) {
  switch (contype) {
    case 'p':
      return ConstraintKind::primary_key;
    case 'u':
      return ConstraintKind::unique;
    case 'x':
      return ConstraintKind::exclusion;
    default:
      return ConstraintKind::check;
  }
}

std::vector<std::string> lines(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

/// Puts definitions together, table by table.
class TableDefinitionReader {
 public:
  TableDefinitionReader(Connection& connection, std::span<const Oid> tables, const std::stop_token& stop)
      : connection_(connection), wanted_(oid_array(tables)), stop_(stop) {}

  [[nodiscard]] std::map<Oid, TableDefinition> read() {
    read_tables();
    read_columns();
    read_sequences();
    read_constraints();
    read_indexes();
    read_statistics();
    return std::move(tables_);
  }

 private:
  [[nodiscard]] Result ask(const std::string& sql) {
    const std::array<Parameter, 1> parameters{wanted_};
    return connection_.execute(sql, parameters, stop_);
  }
  void read_tables() {
    const Result found = ask(table_definition_query);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TableDefinition table{
          .name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
          .oid = found.oid(i, 0),
          .kind = postgres_detail::to_relation_kind(found.text(i, 3)),
          .is_unlogged = found.boolean(i, 4),
          .partition_key = std::string(found.text(i, 5)),
          .parameters = lines(found.text(i, 6)),
          .replica_identity = std::string(found.text(i, 7)),
          .comment = std::string(found.text(i, 8)),
          .foreign_keys = std::string(found.text(i, 9))};
      const char* const others[] = {"triggers",   "rules",        "row security", "inheritance",
                                    "privileges", "publications", "its type"};
      for (std::size_t k = 0; k < std::size(others); ++k) {
        if (found.boolean(i, 10 + k)) table.others.emplace_back(others[k]);
      }
      if (!found.is_null(i, 17)) table.others.push_back("tablespace " + std::string(found.text(i, 17)));
      if (!found.is_null(i, 18)) table.others.push_back("access method " + std::string(found.text(i, 18)));
      tables_.emplace(table.oid, std::move(table));
    }
  }
  void read_columns() {
    const Result found = ask(column_definition_query(connection_.server_version()));
    for (std::size_t i = 0; i < found.rows(); ++i) {
      names_[found.oid(i, 0)][found.oid(i, 1)] = found.text(i, 2);
    }
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const Oid table = found.oid(i, 0);
      if (!tables_.contains(table)) continue;
      ColumnDefinition column{
          .name = std::string(found.text(i, 2)),
          .type = {.oid = found.oid(i, 3), .element = found.oid(i, 4), .sql = std::string(found.text(i, 5))},
          .collation = std::string(found.text(i, 6)),
          .not_null = found.boolean(i, 7),
          .comment = std::string(found.text(i, 11)),
          .storage = std::string(found.text(i, 13)),
          .compression = std::string(found.text(i, 16)),
          .statistics = static_cast<int>(found.integer(i, 14)),
          .options = lines(found.text(i, 15))};
      const bool is_generated = !found.text(i, 9).empty();
      if (is_generated) {
        column.generated = std::string(found.text(i, 8));
        column.is_virtual = found.character(i, 9) == 'v';
        column.inputs = names(table, found.text(i, 12));
      } else if (!found.is_null(i, 8)) {
        column.default_value = std::string(found.text(i, 8));
      }
      const char identity = found.character(i, 10);
      if (identity == 'a') column.identity = Identity::always;
      if (identity == 'd') column.identity = Identity::by_default;
      tables_.at(table).columns.push_back(std::move(column));
    }
  }
  void read_sequences() {
    const Result found = ask(sequence_definition_query);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      const std::string& column = names_[table->first][found.oid(i, 1)];
      for (auto& own : table->second.columns) {
        if (own.name != column) continue;
        own.sequence = {
            .name = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))},
            .type = std::string(found.text(i, 4)),
            .start = found.integer(i, 5),
            .least = found.integer(i, 6),
            .most = found.integer(i, 7),
            .step = found.integer(i, 8),
            .cache = found.integer(i, 9),
            .cycles = found.boolean(i, 10),
            .comment = std::string(found.text(i, 11))};
      }
    }
  }
  void read_constraints() {
    const Result found = ask(constraint_definition_query);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      ConstraintDefinition constraint{.name = std::string(found.text(i, 1)),
                                      .kind = to_constraint_kind(found.character(i, 2)),
                                      .definition = std::string(found.text(i, 3)),
                                      .columns = names(table->first, found.text(i, 4)),
                                      .comment = std::string(found.text(i, 8)),
                                      .is_clustered = found.boolean(i, 9),
                                      .is_replica_identity = found.boolean(i, 10)};
      if (!found.is_null(i, 6)) {
        auto keys = names(table->first, found.text(i, 5));
        const auto count = static_cast<std::size_t>(found.integer(i, 6));
        if (keys.size() > count)
          constraint.included.assign(keys.begin() + static_cast<std::ptrdiff_t>(count), keys.end());
      }
      add(constraint.columns, names(table->first, found.text(i, 7)), constraint.included);
      table->second.constraints.push_back(std::move(constraint));
    }
  }
  void read_indexes() {
    const Result found = ask(index_definition_query);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      IndexDefinition index{.name = std::string(found.text(i, 1)),
                            .is_unique = found.boolean(i, 2),
                            .definition = std::string(found.text(i, 3)),
                            .comment = std::string(found.text(i, 6)),
                            .is_clustered = found.boolean(i, 7),
                            .is_replica_identity = found.boolean(i, 8)};
      add(index.columns, names(table->first, found.text(i, 4)), {});
      add(index.columns, names(table->first, found.text(i, 5)), {});
      table->second.indexes.push_back(std::move(index));
    }
  }

  void read_statistics() {
    const Result found = ask(statistics_definition_query);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto table = tables_.find(found.oid(i, 0));
      if (table == tables_.end()) continue;
      table->second.statistics.push_back({.name = std::string(found.text(i, 1)),
                                          .definition = std::string(found.text(i, 2)),
                                          .columns = names(table->first, found.text(i, 3)),
                                          .comment = std::string(found.text(i, 4))});
    }
  }

  /// Columns by their numbers between blanks; those of the system and expressions (0) have none.
  [[nodiscard]] std::vector<std::string> names(Oid table, std::string_view numbers) {
    std::vector<std::string> list;
    const auto& known = names_[table];
    std::istringstream stream{std::string(numbers)};
    for (int number = 0; stream >> number;) {
      const auto name = known.find(static_cast<Oid>(number));
      if (name != known.end()) list.push_back(name->second);
    }
    return list;
  }
  static void add(std::vector<std::string>& list, const std::vector<std::string>& more,
                  const std::vector<std::string>& besides) {
    for (const auto& name : more) {
      const auto has = [&name](const auto& names) {
        return std::find(names.begin(), names.end(), name) != names.end();
      };
      if (!has(list) && !has(besides)) list.push_back(name);
    }
  }

  Connection& connection_;
  const std::string wanted_;
  const std::stop_token& stop_;
  std::map<Oid, TableDefinition> tables_;
  std::map<Oid, std::map<Oid, std::string>> names_;  // of columns, by table and number
};

}  // namespace

std::string_view to_string(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::primary_key:
      return "primary key";
    case ConstraintKind::unique:
      return "unique constraint";
    case ConstraintKind::check:
      return "check";
    case ConstraintKind::exclusion:
      break;
  }
  return "exclusion constraint";
}

const ColumnDefinition* TableDefinition::find(std::string_view column) const {
  const auto at =
      std::find_if(columns.begin(), columns.end(), [&](const auto& c) { return c.name == column; });
  return at == columns.end() ? nullptr : &*at;
}

Definitions read_definitions(Connection& connection, std::span<const Oid> tables,
                             const std::stop_token& stop) {
  Definitions definitions;
  if (tables.empty()) return definitions;
  postgres_detail::QualifiedNames names(connection, stop);
  auto found = TableDefinitionReader(connection, tables, stop).read();
  names.restore(stop);
  std::vector<Oid> types;
  for (const Oid oid : tables) {
    auto table = found.extract(oid);
    if (!table) continue;
    for (const auto& column : table.mapped().columns) types.push_back(column.type.element);
    definitions.tables.push_back(std::move(table.mapped()));
  }
  definitions.types = read_type_definitions(connection, types, stop);
  return definitions;
}

}  // namespace leat
