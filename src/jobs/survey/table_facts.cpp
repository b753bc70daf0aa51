#include "jobs/survey/table_facts.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "leat/postgres/catalog/detail/partition_trees.hpp"
#include "leat/postgres/catalog/detail/table_questions.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::with_partition_trees;

// $1 the tables' oids. Of what pg_relation_is_updatable says: INSERT 8. Of ev_type: UPDATE 2, INSERT 3,
// DELETE 4.
std::string table_fact_query() {
  return std::string(with_partition_trees) + R"(,
checked AS (
  SELECT tree.root,
         pg_catalog.string_agg(DISTINCT pg_catalog.quote_ident(k.conname), ', ')
           FILTER (WHERE NOT k.convalidated) AS not_valid,
         pg_catalog.bool_or(own.relid IS NOT NULL) AS references_itself,
         pg_catalog.bool_or(own.relid IS NOT NULL AND k.confdeltype IN ('c', 'n', 'd')) AS changes_itself
  FROM tree
  JOIN pg_catalog.pg_constraint k ON k.conrelid = tree.relid
  LEFT JOIN tree own ON own.root = tree.root AND own.relid = k.confrelid AND k.contype = 'f'
  GROUP BY tree.root)
SELECT t.oid, pg_catalog.row_security_active(t.oid),
  pg_catalog.has_table_privilege(t.oid, 'TRUNCATE'), pg_catalog.has_table_privilege(t.oid, 'DELETE'),
  pg_catalog.has_table_privilege(t.oid, 'UPDATE, DELETE, TRUNCATE'),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(w.rulename), ', ' ORDER BY w.rulename)
   FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t.oid AND w.ev_type = '3'),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(w.rulename), ', ' ORDER BY w.rulename)
   FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t.oid AND w.ev_type IN ('2', '3', '4')),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.conname) || ' to ' ||
                                k.confrelid::pg_catalog.regclass::pg_catalog.text, ', ' ORDER BY k.conname)
   FROM pg_catalog.pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f'),
  checked.not_valid,
  pg_catalog.pg_relation_is_updatable(t.oid::pg_catalog.regclass, true) & 8 <> 0,
  (SELECT c.relispopulated FROM pg_catalog.pg_class c WHERE c.oid = t.oid),
  COALESCE(checked.references_itself, false), COALESCE(checked.changes_itself, false),
  (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(w.rulename), ', ' ORDER BY w.rulename)
   FROM pg_catalog.pg_rewrite w WHERE w.ev_class = t.oid AND w.ev_type = '4'),
  EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.pubupdate OR p.pubdelete)
FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
LEFT JOIN checked ON checked.root = t.oid)";
}

// $1 the tables' oids. Of tgenabled: A always, O unless in a session of replicas, R only in such.
std::string trigger_query() {
  return std::string(with_partition_trees) + R"(
SELECT DISTINCT tree.root, pg_catalog.quote_ident(g.tgname) AS name, g.tgtype, g.tgenabled IN ('A', 'O'),
       g.tgenabled IN ('A', 'R')
FROM tree JOIN pg_catalog.pg_trigger g ON g.tgrelid = tree.relid
WHERE NOT g.tgisinternal AND g.tgenabled <> 'D'
ORDER BY tree.root, name)";
}

// $1 the tables' oids: columns that this role may not use.
constexpr const char* column_privilege_query = R"(
SELECT a.attrelid, a.attname, pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'INSERT'),
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE')
FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE NOT (pg_catalog.has_table_privilege(t.oid, 'SELECT') AND pg_catalog.has_table_privilege(t.oid, 'INSERT')
           AND pg_catalog.has_table_privilege(t.oid, 'UPDATE'))
ORDER BY a.attrelid, a.attnum)";

// $1 the tables' oids: the tables that inherit from them.
std::string inheriting_query() {
  return std::string(postgres_detail::with_inheritance_trees) + R"(
SELECT tree.root, n.nspname, c.relname, c.oid,
       (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute o
          WHERE o.attrelid = tree.root AND o.attname = a.attname AND o.attnum > 0 AND NOT o.attisdropped)),
       CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END
FROM tree
JOIN pg_catalog.pg_class root ON root.oid = tree.root AND root.relkind IN ('r', 'f')
JOIN pg_catalog.pg_class c ON c.oid = tree.relid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE tree.relid <> tree.root
ORDER BY tree.root, n.nspname, c.relname)";
}

// $1 the tables' oids: what lies out of line, of partitions too.
std::string out_of_line_query() {
  return std::string(with_partition_trees) + R"(
SELECT tree.root, COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(c.reltoastrelid)), 0)::pg_catalog.int8
FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.relid AND c.reltoastrelid <> 0
GROUP BY tree.root)";
}

}  // namespace

void ask_out_of_line(postgres_detail::Questions& questions, std::span<const Oid> oids,
                     const std::map<Oid, TableFacts*>& tables) {
  questions.add(out_of_line_query(), {postgres_detail::oid_array(oids)}, [tables](const Result& found) {
    for (std::size_t i = 0; i < found.rows(); ++i) {
      tables.at(found.oid(i, 0))->out_of_line = ByteCount{static_cast<std::uint64_t>(found.integer(i, 1))};
    }
  });
}

void ask_facts(postgres_detail::Questions& questions, std::span<const Oid> oids,
               const std::map<Oid, TableFacts*>& tables) {
  const Parameter wanted = postgres_detail::oid_array(oids);
  questions.add(table_fact_query(), {wanted}, [tables](const Result& found) {
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TableFacts& facts = *tables.at(found.oid(i, 0));
      facts.row_security = found.boolean(i, 1);
      facts.may_truncate = found.boolean(i, 2);
      facts.may_delete = found.boolean(i, 3);
      facts.may_lock = found.boolean(i, 4);
      facts.insert_rules = found.text(i, 5);
      facts.write_rules = found.text(i, 6);
      facts.foreign_keys = found.text(i, 7);
      facts.not_valid = found.text(i, 8);
      facts.takes_inserts = found.boolean(i, 9);
      facts.is_populated = found.boolean(i, 10);
      facts.references_itself = found.boolean(i, 11);
      facts.changes_itself = found.boolean(i, 12);
      facts.delete_rules = found.text(i, 13);
      facts.may_be_published = found.boolean(i, 14);
    }
  });
  questions.add(trigger_query(), {wanted}, [tables](const Result& triggers) {
    for (std::size_t i = 0; i < triggers.rows(); ++i) {
      tables.at(triggers.oid(i, 0))
          ->triggers.push_back({.name = std::string(triggers.text(i, 1)),
                                .events = static_cast<unsigned>(triggers.integer(i, 2)),
                                .fires = triggers.boolean(i, 3),
                                .fires_in_replicas = triggers.boolean(i, 4)});
    }
  });
  questions.add(column_privilege_query, {wanted}, [tables](const Result& refused) {
    for (std::size_t i = 0; i < refused.rows(); ++i) {
      TableFacts& facts = *tables.at(refused.oid(i, 0));
      if (!refused.boolean(i, 2)) facts.not_readable.emplace_back(refused.text(i, 1));
      if (!refused.boolean(i, 3)) facts.not_insertable.emplace_back(refused.text(i, 1));
      if (!refused.boolean(i, 4)) facts.not_updatable.emplace_back(refused.text(i, 1));
    }
  });
  questions.add(inheriting_query(), {wanted}, [tables](const Result& found) {
    for (std::size_t i = 0; i < found.rows(); ++i) {
      tables.at(found.oid(i, 0))
          ->inheriting.push_back(
              {.name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
               .oid = found.oid(i, 3),
               .more_columns = std::string(found.text(i, 4)),
               // It may have been dropped just now.
               .size = ByteCount{found.is_null(i, 5) ? 0 : static_cast<std::uint64_t>(found.integer(i, 5))}});
    }
  });
  postgres_detail::ask_keys(questions, oids, false, [tables](auto keys) {
    for (auto& [oid, own] : keys) {
      tables.at(oid)->referencing = std::move(own);
      tables.at(oid)->empties_by_delete = true;
    }
  });
  postgres_detail::ask_sequences(questions, oids, [tables](auto sequences) {
    for (auto& [oid, own] : sequences) tables.at(oid)->sequences = std::move(own);
  });
}

std::string TableFacts::triggers_on(unsigned on_any, bool in_replicas) const {
  std::vector<std::string> names;
  for (const auto& trigger : triggers) {
    if ((trigger.events & on_any) == 0) continue;
    if (!(in_replicas ? trigger.fires_in_replicas : trigger.fires)) continue;
    if (names.empty() || names.back() != trigger.name) names.push_back(trigger.name);
  }
  return comma_list(names);
}

namespace {

/// What decides on which rows of others a change has an effect.
auto effects_of(const std::vector<ReferencingKey>& keys) {
  std::set<std::tuple<Oid, std::string, char, char>> effects;
  for (const auto& key : keys) {
    effects.emplace(key.table_oid, key.constraint, key.on_delete, key.on_update);
  }
  return effects;
}

}  // namespace

bool TableFacts::has_same_effects(const TableFacts& later, bool keys) const {
  if (triggers != later.triggers || write_rules != later.write_rules) return false;
  if (!keys) return true;
  auto referencing_then = referencing;
  append_all(referencing_then, joined);
  return references_itself == later.references_itself && changes_itself == later.changes_itself &&
         effects_of(referencing_then) == effects_of(later.referencing);
}

void TableFacts::empty_along_with(std::span<const Oid> tables) {
  // TRUNCATE wants the referencing table itself among those that it empties, which all of its leaves are not.
  empties_by_delete = std::any_of(referencing.begin(), referencing.end(),
                                  [tables](const auto& key) { return !contains(tables, key.table_oid); });
  const auto outside =
      std::stable_partition(referencing.begin(), referencing.end(),
                            [tables](const ReferencingKey& key) { return !key.is_within(tables); });
  joined.insert(joined.end(), outside, referencing.end());
  referencing.erase(outside, referencing.end());
}

}  // namespace leat::jobs_detail
