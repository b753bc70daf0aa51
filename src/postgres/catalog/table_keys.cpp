// What hangs on tables: keys that refer to them, keys of their own, and sequences that fill their columns.
#include <array>
#include <string>
#include <utility>

#include "leat/postgres/catalog/detail/partition_trees.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat {
namespace {

using postgres_detail::oid_array;
using postgres_detail::with_partition_trees;

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
       oc.opcdefault AND i.indcollation[k.position] = a.attcollation,
       -- Since PostgreSQL 15.
       NOT a.attnotnull AND
         COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::pg_catalog.bool, false)
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
       pg_catalog.has_sequence_privilege(s.oid, 'USAGE'), a.attnum, q.seqincrement, q.seqcache, q.seqcycle,
       pg_catalog.has_sequence_privilege(s.oid, 'SELECT') AND pg_catalog.has_sequence_privilege(s.oid, 'UPDATE')
FROM behind
JOIN pg_catalog.pg_class s ON s.oid = behind.sequence AND s.relkind = 'S'
JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
JOIN pg_catalog.pg_attribute o ON o.attrelid = behind.relid AND o.attnum = behind.attnum
JOIN pg_catalog.pg_attribute a ON a.attrelid = behind.loaded AND a.attname = o.attname
-- A domain sends its values as the type below does.
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  AND t.typsend IN ('pg_catalog.int2send'::pg_catalog.regproc, 'pg_catalog.int4send'::pg_catalog.regproc,
                    'pg_catalog.int8send'::pg_catalog.regproc, 'pg_catalog.numeric_send'::pg_catalog.regproc)
WHERE o.attgenerated = ''
ORDER BY behind.loaded, a.attnum, schema, s.relname)";

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
         .may_use = found.boolean(i, 7),
         .step = found.integer(i, 9),
         .cache = found.integer(i, 10),
         .cycles = found.boolean(i, 11),
         .may_set = found.boolean(i, 12)});
  }
  return sequences;
}

}  // namespace

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
                                  .is_exact = found.boolean(i, 6),
                                  .null_is_value = found.boolean(i, 8)});
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
