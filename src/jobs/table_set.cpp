#include "jobs/table_set.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "postgres/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

// $1 the tables' oids. A key of a partitioned table, or to one, is one of its partitions, and the other way
// round.
constexpr const char* key_query = R"(
WITH member AS MATERIALIZED (
  SELECT t.oid AS listed, t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relispartition
        CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(t.oid::pg_catalog.regclass) AS p
  UNION SELECT t.oid, p.relid::pg_catalog.oid
        FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
        JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relkind = 'p'
        CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid::pg_catalog.regclass) AS p)
SELECT child.listed, parent.listed, pg_catalog.bool_and(k.condeferrable)
FROM pg_catalog.pg_constraint k
JOIN member child ON child.relid = k.conrelid
JOIN member parent ON parent.relid = k.confrelid
WHERE k.contype = 'f' AND child.listed <> parent.listed
GROUP BY child.listed, parent.listed)";

/// The keys between the tables in the target, by the tables' positions. Tables that it lacks have none.
std::vector<KeyBetween> keys_between(Connection& target, std::span<const std::optional<TableFacts>> tables,
                                     const std::stop_token& stop) {
  std::map<std::int64_t, std::size_t> positions;
  std::vector<Oid> oids;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (!tables[i]) continue;
    oids.push_back(tables[i]->info->oid);
    positions.emplace(oids.back(), i);
  }
  const std::array<Parameter, 1> all{postgres_detail::oid_array(oids)};
  const Result found = target.execute(key_query, all, stop);
  std::vector<KeyBetween> keys;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    keys.push_back({.child = positions.at(found.integer(i, 0)),
                    .parent = positions.at(found.integer(i, 1)),
                    .deferrable = found.boolean(i, 2)});
  }
  return keys;
}

/// Of those that were looked at, so that their locks are held.
std::vector<ByteCount> sizes_of(Connection& source, std::span<const std::optional<TableFacts>> tables,
                                const std::stop_token& stop) {
  std::vector<Oid> oids;
  for (const auto& table : tables) oids.push_back(table && table->info ? table->info->oid : 0);
  const std::array<Parameter, 1> all{postgres_detail::oid_array(oids)};
  const Result found = source.execute(
      "SELECT COALESCE(pg_catalog.pg_table_size(t.oid::pg_catalog.regclass), 0) "
      "FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY AS t(oid, position) ORDER BY t.position",
      all, stop);
  std::vector<ByteCount> sizes;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    sizes.push_back(ByteCount{static_cast<std::uint64_t>(found.integer(i, 0))});
  }
  return sizes;
}

/// Leaves keys within a group out, since its tables are emptied together.
void leave_out_own_keys(TableSet& set, const TableGroup& group) {
  std::vector<TableName> names;
  for (const std::size_t table : group.tables) {
    if (set.target[table]) names.push_back(set.target[table]->info->name);
  }
  for (const std::size_t table : group.tables) {
    if (!set.target[table]) continue;
    std::erase_if(set.target[table]->referencing, [&](const ReferencingKey& key) {
      return std::find(names.begin(), names.end(), key.table) != names.end();
    });
  }
  const bool deletes = set.empties_by_delete(group);
  for (const std::size_t table : group.tables) {
    if (set.target[table]) set.target[table]->empties_by_delete = deletes;
  }
}

}  // namespace

ByteCount TableSet::size(const TableGroup& group) const {
  ByteCount sum;
  for (const std::size_t table : group.tables) sum = sum + sizes[table];
  return sum;
}

bool TableSet::empties_by_delete(const TableGroup& group) const {
  return std::any_of(group.tables.begin(), group.tables.end(), [this](std::size_t table) {
    return target[table] && !target[table]->referencing.empty();
  });
}

JobContext TableSet::context(std::size_t table, JobSessions sessions) const {
  return {.sessions = std::move(sessions),
          .source_server = &source_server,
          .target_server = &target_server,
          .source_table = source[table] ? &*source[table] : nullptr,
          .target_table = target[table] ? &*target[table] : nullptr,
          .same_database = same_database};
}

TableSet survey_set(SessionPairs& sessions, std::span<const TablePattern> include,
                    std::span<const TablePattern> exclude, const std::stop_token& stop) {
  TableSet set;
  const auto leader = sessions.open_source(stop);
  set.tables = list_tables(*leader, include, exclude, stop);
  std::vector<TableName> names;
  for (const auto& table : set.tables) names.push_back(table.name);
  const auto lock_errors = sessions.lead(leader, names, stop);
  set.source_server = survey_server(*leader, stop);
  set.source = survey_tables(*leader, names, stop);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (lock_errors[i]) set.source[i] = survey_locked_table(*leader, names[i], *lock_errors[i], stop);
  }
  set.sizes = sizes_of(*leader, set.source, stop);

  const auto target = sessions.open_target(stop);
  target->begin(target_transaction, stop);
  set.target_server = survey_server(*target, stop);
  set.target = survey_tables(*target, names, stop);
  set.same_database = database_identity(*leader, stop) == database_identity(*target, stop);
  set.groups = group_tables(names.size(), keys_between(*target, set.target, stop));
  for (const auto& group : set.groups) {
    if (group.tables.size() > 1) leave_out_own_keys(set, group);
  }
  std::stable_sort(set.groups.begin(), set.groups.end(), [&set](const TableGroup& a, const TableGroup& b) {
    return set.size(a).count() > set.size(b).count();
  });
  target->rollback();
  sessions.seed(target);
  return set;
}

}  // namespace leat::jobs_detail
