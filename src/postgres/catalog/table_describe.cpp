#include <array>
#include <string>
#include <utility>

#include "leat/postgres/catalog/detail/partition_trees.hpp"
#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat {
namespace {

using postgres_detail::oid_array;
using postgres_detail::text_array;
using postgres_detail::with_partition_trees;

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

// Names are looked up by subqueries: to plan a join of so many tables takes a server longer than to run it.
// With each table the partitions below it. $2 whether the keys are those of the table and its partitions
// themselves, else those of others.
std::string referencing_key_query() {
  return std::string(with_partition_trees) + R"(
SELECT tree.root, con.oid, con.conname, n.nspname, c.relname, con.confdeltype,
       (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = con.conrelid AND a.attnum = k.attnum),
       con.condeferred,
       CASE WHEN c.relkind = 'p' THEN
              (SELECT pg_catalog.string_agg(p.relid::pg_catalog.oid::pg_catalog.text, ' ')
               FROM pg_catalog.pg_partition_tree(c.oid::pg_catalog.regclass) AS p WHERE p.isleaf)
            ELSE c.oid::pg_catalog.text END, c.oid, con.confupdtype,
       (SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = con.confrelid AND a.attnum = k.refnum),
       (SELECT 'OPERATOR(' || pg_catalog.quote_ident(opn.nspname) || '.' || op.oprname || ')'
        FROM pg_catalog.pg_operator op JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace
        WHERE op.oid = k.operator)
FROM pg_catalog.pg_constraint con
JOIN tree ON tree.relid = con.confrelid
JOIN pg_catalog.pg_class c ON c.oid = con.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(con.conkey), pg_catalog.unnest(con.confkey),
    pg_catalog.unnest(con.conpfeqop)) WITH ORDINALITY AS k(attnum, refnum, operator, position)
WHERE con.contype = 'f'
  AND EXISTS (SELECT FROM tree own WHERE own.root = tree.root AND own.relid = con.conrelid)
      = $2::pg_catalog.bool
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint parent JOIN tree own ON own.relid = parent.confrelid
                  WHERE parent.oid = con.conparentid AND own.root = tree.root)
ORDER BY tree.root, n.nspname, c.relname, con.conname, con.oid, k.position)";
}

// Of a B-tree's operators the third is equality. Its fourth support function tells whether equal values are
// the same bytes, from PostgreSQL 13 on.
constexpr const char* unique_key_query = R"(
SELECT i.indrelid, i.indexrelid, c.relname, i.indisprimary, a.attname,
       (SELECT 'OPERATOR(' || pg_catalog.quote_ident(opn.nspname) || '.' || op.oprname || ')'
        FROM pg_catalog.pg_amop ao
        JOIN pg_catalog.pg_operator op ON op.oid = ao.amopopr
        JOIN pg_catalog.pg_namespace opn ON opn.oid = op.oprnamespace
        WHERE ao.amopfamily = oc.opcfamily AND ao.amopstrategy = 3 AND ao.amoplefttype = oc.opcintype
          AND ao.amoprighttype = oc.opcintype),
       EXISTS (SELECT FROM pg_catalog.pg_amproc p
               WHERE p.amprocfamily = oc.opcfamily AND p.amprocnum = 4 AND p.amproclefttype = oc.opcintype
                 AND p.amprocrighttype = oc.opcintype) AND COALESCE(co.collisdeterministic, true)
         AND oc.opcintype <> 'pg_catalog.bpchar'::pg_catalog.regtype,
       oc.opcdefault AND i.indcollation[k.position] = a.attcollation
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k(position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.position]
JOIN pg_catalog.pg_opclass oc ON oc.oid = i.indclass[k.position]
LEFT JOIN pg_catalog.pg_collation co ON co.oid = i.indcollation[k.position]
WHERE i.indrelid = ANY ($1::pg_catalog.oid[]) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
  AND i.indexprs IS NULL AND c.relam = (SELECT am.oid FROM pg_catalog.pg_am am WHERE am.amname = 'btree')
ORDER BY i.indrelid, NOT i.indisprimary, i.indexrelid, k.position)";

// Of the table's column, or of the column of that name of a partitioned table above it, through which rows
// come to it: the sequences that it owns, by serial (a) or identity (i), and those that its default uses.
constexpr const char* owned_sequence_query = R"(
WITH tree AS MATERIALIZED (
  SELECT t.oid AS loaded, t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relispartition
        CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(t.oid::pg_catalog.regclass) AS p),
behind AS MATERIALIZED (
  SELECT tree.loaded, tree.relid, d.refobjsubid AS attnum, d.objid AS sequence
  FROM tree
  JOIN pg_catalog.pg_depend d ON d.refobjid = tree.relid AND d.refobjsubid > 0
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i')
  UNION ALL
  SELECT tree.loaded, tree.relid, e.adnum, d.refobjid
  FROM tree
  JOIN pg_catalog.pg_attrdef e ON e.adrelid = tree.relid
  JOIN pg_catalog.pg_depend d ON d.objid = e.oid
    AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
SELECT DISTINCT behind.loaded, a.attname,
       (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = s.relnamespace) AS schema, s.relname, q.seqincrement > 0, q.seqmin, q.seqmax,
       pg_catalog.has_sequence_privilege(s.oid, 'USAGE'), a.attnum
FROM behind
JOIN pg_catalog.pg_class s ON s.oid = behind.sequence AND s.relkind = 'S'
JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
JOIN pg_catalog.pg_attribute o ON o.attrelid = behind.relid AND o.attnum = behind.attnum
JOIN pg_catalog.pg_attribute a ON a.attrelid = behind.loaded AND a.attname = o.attname
WHERE a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                     'pg_catalog.int8'::pg_catalog.regtype) AND NOT q.seqcycle AND o.attgenerated = ''
ORDER BY behind.loaded, a.attnum, schema, s.relname)";

}  // namespace

TableInfo TableManager::describe(const TableName& table, std::stop_token stop) {
  auto found = std::move(describe(std::span(&table, 1), std::move(stop)).front());
  if (found) return std::move(*found);
  const auto side = connection_.options().side;
  throw Error(side, "relation " + table.display() + " does not exist in the " + std::string(to_string(side)),
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

std::vector<ReferencingKey> TableManager::referencing_keys(const TableInfo& table, std::stop_token stop) {
  return std::move(referencing_keys(std::span(&table.oid, 1), std::move(stop))[table.oid]);
}

std::map<Oid, std::vector<ReferencingKey>> TableManager::referencing_keys(std::span<const Oid> tables,
                                                                          std::stop_token stop) {
  return read_keys(tables, false, stop);
}

std::vector<ReferencingKey> TableManager::self_keys(const TableInfo& table, std::stop_token stop) {
  return std::move(read_keys(std::span(&table.oid, 1), true, stop)[table.oid]);
}

std::map<Oid, std::vector<ReferencingKey>> TableManager::read_keys(std::span<const Oid> tables, bool own,
                                                                   const std::stop_token& stop) {
  std::map<Oid, std::vector<ReferencingKey>> keys;
  postgres_detail::Questions questions;
  postgres_detail::ask_keys(questions, tables, own, [&keys](auto found) { keys = std::move(found); });
  questions.ask(connection_, stop);
  return keys;
}

namespace {

std::map<Oid, std::vector<ReferencingKey>> to_keys(const Result& found) {
  std::map<Oid, std::vector<ReferencingKey>> keys;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    auto& of_table = keys[found.oid(i, 0)];
    const bool continues =
        i > 0 && found.text(i, 0) == found.text(i - 1, 0) && found.text(i, 1) == found.text(i - 1, 1);
    if (!continues) {
      of_table.push_back(
          {.constraint = std::string(found.text(i, 2)),
           .table = {.schema = std::string(found.text(i, 3)), .name = std::string(found.text(i, 4))},
           .on_delete = found.character(i, 5),
           .on_update = found.character(i, 10),
           .is_deferred = found.boolean(i, 7),
           .table_oid = found.oid(i, 9),
           .leaves = postgres_detail::to_oids(found.text(i, 8))});
    }
    of_table.back().columns.emplace_back(found.text(i, 6));
    of_table.back().referenced.emplace_back(found.text(i, 11));
    of_table.back().equals.emplace_back(found.text(i, 12));
  }
  return keys;
}

std::map<Oid, std::vector<OwnedSequence>> to_sequences(const Result& found) {
  std::map<Oid, std::vector<OwnedSequence>> sequences;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    sequences[found.oid(i, 0)].push_back(
        {.name = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))},
         .column = std::string(found.text(i, 1)),
         .rises = found.boolean(i, 4),
         .least = found.integer(i, 5),
         .most = found.integer(i, 6),
         .may_use = found.boolean(i, 7)});
  }
  return sequences;
}

}  // namespace

void postgres_detail::ask_keys(Questions& questions, std::span<const Oid> tables, bool own,
                               std::function<void(std::map<Oid, std::vector<ReferencingKey>>)> take) {
  questions.add(referencing_key_query(), {oid_array(tables), own ? "true" : "false"},
                [take = std::move(take)](const Result& found) { take(to_keys(found)); });
}

void postgres_detail::ask_sequences(Questions& questions, std::span<const Oid> tables,
                                    std::function<void(std::map<Oid, std::vector<OwnedSequence>>)> take) {
  questions.add(owned_sequence_query, {oid_array(tables)},
                [take = std::move(take)](const Result& found) { take(to_sequences(found)); });
}

std::map<Oid, std::vector<UniqueKey>> TableManager::unique_keys(std::span<const Oid> tables,
                                                                std::stop_token stop) {
  const std::array<Parameter, 1> wanted{oid_array(tables)};
  const Result found = connection_.execute(unique_key_query, wanted, std::move(stop));
  std::map<Oid, std::vector<UniqueKey>> keys;
  bool is_usable = true;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    auto& own = keys[found.oid(i, 0)];
    const bool begins = i == 0 || found.text(i, 1) != found.text(i - 1, 1);
    if (begins) {
      is_usable = true;
      own.push_back({.index = std::string(found.text(i, 2)), .is_primary = found.boolean(i, 3)});
    }
    is_usable = is_usable && found.boolean(i, 7);
    const bool ends = i + 1 == found.rows() || found.text(i, 1) != found.text(i + 1, 1);
    if (ends && !is_usable) {
      own.pop_back();
      continue;
    }
    own.back().columns.push_back({.name = std::string(found.text(i, 4)),
                                  .equals = std::string(found.text(i, 5)),
                                  .is_exact = found.boolean(i, 6)});
  }
  return keys;
}

std::map<Oid, std::vector<OwnedSequence>> TableManager::owned_sequences(std::span<const Oid> tables,
                                                                        std::stop_token stop) {
  std::map<Oid, std::vector<OwnedSequence>> sequences;
  postgres_detail::Questions questions;
  postgres_detail::ask_sequences(questions, tables,
                                 [&sequences](auto found) { sequences = std::move(found); });
  questions.ask(connection_, stop);
  return sequences;
}

}  // namespace leat
