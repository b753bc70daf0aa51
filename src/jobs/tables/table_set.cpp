#include "jobs/tables/table_set.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/early_session.hpp"
#include "jobs/tables/inheriting_choice.hpp"
#include "jobs/tables/left_out.hpp"
#include "jobs/tables/missing_tables.hpp"
#include "jobs/tables/table_choices.hpp"
#include "jobs/tables/tables_above.hpp"
#include "leat/postgres/catalog/detail/partition_trees.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/snapshot.hpp"

namespace leat::jobs_detail {
namespace {

// $1 the tables' oids. A key of a partitioned table, or to one, is one of its partitions, and the other way
// round.
std::string key_query() {
  return std::string(postgres_detail::with_partition_trees) + R"(,
member AS MATERIALIZED (
  SELECT root AS listed, relid FROM tree
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relispartition
        CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(t.oid::pg_catalog.regclass) AS p)
SELECT child.listed, parent.listed, pg_catalog.bool_and(k.condeferrable)
FROM pg_catalog.pg_constraint k
JOIN member child ON child.relid = k.conrelid
JOIN member parent ON parent.relid = k.confrelid
WHERE k.contype = 'f' AND child.listed <> parent.listed
GROUP BY child.listed, parent.listed)";
}

// $1 schemas, $2 names: the tables, each with the partitions below it. Needs no privilege and waits for no
// lock.
constexpr const char* oid_query = R"(
WITH named AS MATERIALIZED (
  SELECT t.position, c.oid, c.relkind
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]))
    WITH ORDINALITY AS t(schema, name, position)
  JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name)
SELECT position, oid, 0 AS level FROM named
UNION ALL
SELECT position, p.relid::pg_catalog.oid, p.level
FROM named CROSS JOIN LATERAL pg_catalog.pg_partition_tree(oid::pg_catalog.regclass) AS p
WHERE relkind = 'p' AND p.level > 0
ORDER BY position, level)";

/// The oids of each table in the target and of the partitions below it; none for one that it lacks.
std::vector<std::vector<Oid>> oids_of(Connection& target, std::span<const TableName> names,
                                      const std::stop_token& stop) {
  std::vector<std::string> schemas;
  std::vector<std::string> tables;
  for (const auto& name : names) {
    schemas.push_back(name.schema);
    tables.push_back(name.name);
  }
  const std::array<Parameter, 2> parameters{postgres_detail::text_array(schemas),
                                            postgres_detail::text_array(tables)};
  const Result found = target.execute(oid_query, parameters, stop);
  std::vector<std::vector<Oid>> oids(names.size());
  for (std::size_t i = 0; i < found.rows(); ++i) {
    oids[static_cast<std::size_t>(found.integer(i, 0)) - 1].push_back(found.oid(i, 1));
  }
  return oids;
}

/// The keys between the tables in the target, by the tables' positions.
std::vector<KeyBetween> keys_between(Connection& target, std::span<const std::vector<Oid>> tables,
                                     const std::stop_token& stop) {
  std::map<std::int64_t, std::size_t> positions;
  std::vector<Oid> oids;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (tables[i].empty()) continue;
    oids.push_back(tables[i].front());
    positions.emplace(oids.back(), i);
  }
  const std::array<Parameter, 1> all{postgres_detail::oid_array(oids)};
  const Result found = target.execute(key_query(), all, stop);
  std::vector<KeyBetween> keys;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    keys.push_back({.child = positions.at(found.integer(i, 0)),
                    .parent = positions.at(found.integer(i, 1)),
                    .deferrable = found.boolean(i, 2)});
  }
  return keys;
}

/// How much there is of each table in the source, with TOAST: of those that were looked at, so that their
/// locks are held.
std::vector<std::int64_t> sizes_of(Connection& source, std::span<const std::optional<TableFacts>> tables,
                                   const std::stop_token& stop) {
  std::vector<Oid> oids;
  for (const auto& table : tables) oids.push_back(table && table->info ? table->info->oid : 0);
  const std::array<Parameter, 1> all{postgres_detail::oid_array(oids)};
  const Result found = source.execute(
      "SELECT COALESCE(pg_catalog.pg_table_size(t.oid::pg_catalog.regclass), 0) "
      "FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY AS t(oid, position) ORDER BY t.position",
      all, stop);
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < found.rows(); ++i) sizes.push_back(found.integer(i, 0));
  return sizes;
}

/// Leaves keys within a group out, since its tables are emptied together: all of them by DELETE, where keys
/// from outside reference some.
void leave_out_own_keys(TableSet& set, const TableGroup& group) {
  const auto oids = set.target_oids_of(group);
  std::vector<TableFacts*> tables;
  bool deletes = false;
  for (const std::size_t table : group.tables) {
    if (!set.target.tables[table]) continue;
    tables.push_back(&*set.target.tables[table]);
    tables.back()->empty_along_with(oids);
    deletes = deletes || tables.back()->empties_by_delete;
  }
  for (TableFacts* const table : tables) table->empties_by_delete = deletes;
}

/// A table that has begun to inherit after the choice is in the snapshot, and not among those that are
/// copied.
void refuse_newly_inherited(TableSet& set, std::span<const ListedTable> listed) {
  for (std::size_t i = 0; i < set.selections.size(); ++i) {
    if (!set.source.tables[i]) continue;
    for (const auto& child : set.source.tables[i]->inheriting) {
      if (find_by(listed, &ListedTable::oid, child.oid) == nullptr) {
        set.selections[i].inheritance = Inheritance::refuse;
      }
    }
  }
}

const TableInfo* info_of(const std::optional<TableFacts>& facts) {
  return facts && facts->info ? &*facts->info : nullptr;
}

std::vector<KnownColumns> columns_of(const TableSet& set) {
  std::vector<KnownColumns> columns;
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    columns.push_back({.source = info_of(set.source.tables[i]), .target = info_of(set.target.tables[i])});
  }
  return columns;
}

/// Those of tables that are to be made are noted, too, and those that are there are noted no longer.
void find_missing_schemas(TableSet& set, const std::stop_token& stop) {
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (info_of(set.source.tables[i]) != nullptr && set.target_oids[i].empty()) {
      set.missing_schemas.insert(set.targets[i].schema);
    }
  }
  if (set.missing_schemas.empty()) return;
  const std::array<Parameter, 1> names{postgres_detail::text_array(
      std::vector<std::string>(set.missing_schemas.begin(), set.missing_schemas.end()))};
  const Result found = set.target_session->execute(
      "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = ANY ($1::pg_catalog.text[])", names, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) set.missing_schemas.erase(std::string(found.text(i, 0)));
}

/// Within one database a table that is loaded may be read from as another one's source.
void require_other_targets(const TableSet& set) {
  if (set.source.server.database != set.target.server.database) return;
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    for (std::size_t j = 0; j < set.names.size(); ++j) {
      const TableInfo* const source = info_of(set.source.tables[j]);
      if (i == j || source == nullptr || !contains(set.target_oids[i], source->oid)) continue;
      throw Error(ErrorKind::config,
                  set.names[i].display() + " would arrive in " + set.targets[i].display() +
                      ", in whose rows " + set.names[j].display() + " is copied from",
                  {.hint = "name other tables (.to_schema, .rename_tables), or another database"});
    }
  }
}

}  // namespace

std::vector<Oid> TableSet::target_oids_of(const TableGroup& group) const {
  std::vector<Oid> oids;
  for (const std::size_t table : group.tables) append_all(oids, target_oids[table]);
  return oids;
}

std::vector<TablePattern> parse_patterns(const std::vector<std::string>& texts) {
  std::vector<TablePattern> patterns;
  for (const auto& text : texts) patterns.push_back(TablePattern::parse(text));
  return patterns;
}

TableSet survey_set(const CopyTablesOptions& options, const std::stop_token& stop) {
  TableSet set;
  const StreamOptions& stream = options.stream;
  EarlySession early(options.target, ErrorKind::target, stream, stop);
  set.leader = connect(options.source, ErrorKind::source, stream, stop);
  Connection& leader = *set.leader;
  if (!options.snapshot.empty()) {
    // What is listed is what is read.
    leader.begin_with_next(source_transaction, stop);
    take_snapshot(leader, options.snapshot, stop);
  }
  const auto exclude = parse_patterns(options.exclude);
  auto listed = list_tables(leader, parse_patterns(options.include), exclude, stop, &set.remarks);
  const auto inheritance = choose_inheritance(leader, listed, exclude, options.inheritance, stop);
  for (const auto& table : listed) set.names.push_back(table.name);
  const TableChoices choices(options);
  set.targets = choices.targets_of(
      listed, choices.renames() ? tables_above(leader, listed, stop) : std::vector<ListedTable>());
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    set.selections.push_back({.from = set.names[i].sql(),
                              .to = set.targets[i].sql(),
                              .inheritance = inheritance[i],
                              .large_objects = options.large_objects});
  }
  std::vector<std::optional<Error>> lock_errors(set.names.size());
  if (options.snapshot.empty()) {
    lock_errors = begin_source(leader, set.names, stop);
    set.snapshot = postgres_detail::export_snapshot(leader, stop);
  } else {
    set.snapshot = options.snapshot;
    static_cast<void>(leader.execute_long(lock_sql(set.names), {}, stop));
  }
  set.source.tables = survey_tables(leader, set.names, set.source.server, stop);
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (lock_errors[i]) set.source.tables[i] = survey_table(leader, set.names[i], lock_errors[i], stop);
  }
  if (options.inheritance == Inheritance::refuse) refuse_newly_inherited(set, listed);
  const auto sizes = sizes_of(leader, set.source.tables, stop);
  if (stream.create != CreateTarget::never) set.left_out = left_out_text(leader, set.names, options, stop);

  set.target_session = early.take();
  Connection& target = *set.target_session;
  target.begin_with_next(target_transaction, stop);
  set.target.tables = survey_tables(target, set.targets, set.target.server, stop);
  set.target_oids = oids_of(target, set.targets, stop);
  require_other_targets(set);
  choices.choose_columns(listed, columns_of(set), set.selections);
  auto keys = keys_between(target, set.target_oids, stop);
  if (stream.create != CreateTarget::never || stream.evolve) {
    append_all(keys, joined_by_types(leader, target, set, stream, stop));
  }
  if (stream.create != CreateTarget::never) find_missing_schemas(set, stop);
  set.groups = group_tables(set.names.size(), keys);
  for (const auto& group : set.groups) {
    if (group.tables.size() > 1) leave_out_own_keys(set, group);
  }
  const auto size_of = [&sizes](const TableGroup& group) {
    return std::transform_reduce(group.tables.begin(), group.tables.end(), std::int64_t{0}, std::plus(),
                                 [&sizes](std::size_t table) { return sizes[table]; });
  };
  std::stable_sort(set.groups.begin(), set.groups.end(),
                   [&size_of](const auto& a, const auto& b) { return size_of(a) > size_of(b); });
  target.rollback();
  return set;
}

}  // namespace leat::jobs_detail
