#include "jobs/tables/made_tables.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/schema/type_maker.hpp"
#include "jobs/tables/foreign_keys.hpp"
#include "jobs/tables/partition_trees.hpp"
#include "leat/ledger/detail/join_record.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

constexpr const char* joined_later =
    "partitioned tables above the tables that were made, and foreign keys between them, ";

// $1 the tables' oids, $2 whether foreign keys are made.
constexpr const char* joined_query = R"(
SELECT t.position FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY AS t(oid, position)
JOIN pg_catalog.pg_class c ON c.oid = t.oid
WHERE c.relispartition OR ($2::pg_catalog.bool AND EXISTS (
  SELECT FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conrelid = t.oid)))";

/// Of each table, whether it is a partition, or has foreign keys that are made with it.
std::vector<bool> find_joined(const TablesWork& work, Connection& source, const std::stop_token& stop) {
  const auto& tables = work.set.source.tables;
  std::vector<Oid> oids;
  for (const auto& table : tables) oids.push_back(table && table->info ? table->info->oid : 0);
  const bool has_keys = work.options.stream.create == CreateTarget::full;
  const std::array<Parameter, 2> values{postgres_detail::oid_array(oids),
                                        std::string(has_keys ? "true" : "false")};
  const Result found = source.execute(joined_query, values, stop);
  std::vector<bool> joined(tables.size());
  for (std::size_t i = 0; i < found.rows(); ++i) {
    joined[static_cast<std::size_t>(found.integer(i, 0)) - 1] = true;
  }
  return joined;
}

/// All of a run that is whole. Else the tables that were made stay noted, also one that an earlier run has
/// made and this one could not load: the same command joins them.
void forget_joined(const TablesWork& work, const std::vector<bool>& is_copied,
                   std::span<const ParentTable> parents, Connection& target, const std::stop_token& stop) {
  const bool is_whole = std::find(is_copied.begin(), is_copied.end(), false) == is_copied.end();
  const bool is_named = !work.options.delivery.job.empty();
  std::vector<TableName> forgotten;
  for (std::size_t i = 0; i < is_copied.size(); ++i) {
    const bool is_noted = work.notes.is_resumed[i] ||
                          (work.notes.is_kept && work.notes.is_joined[i] && work.set.target_oids[i].empty());
    if (is_noted && (is_whole || (!is_copied[i] && !is_named))) forgotten.push_back(work.set.targets[i]);
  }
  if (is_whole) {
    for (const auto& parent : parents) forgotten.push_back(parent.target);
  }
  if (forgotten.empty()) return;
  try {
    forget_noted(target, forgotten, is_whole ? Noted::any : Noted::missing, stop);
  } catch (const Error& error) {
    // What stays noted is joined, so that the next run has nothing to do about it.
    work.options.stream.log.info(std::string("tables that are joined stay noted: ") + error.what());
  }
}

}  // namespace

bool makes_names_of_several_schemas(const TableSet& set, CreateTarget create) {
  if (create == CreateTarget::never) return false;
  std::map<std::string, std::string> from;  // by the target's schema
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (!set.target_oids[i].empty()) continue;
    const auto [known, is_first] = from.emplace(set.targets[i].schema, set.names[i].schema);
    if (!is_first && known->second != set.names[i].schema) return true;
  }
  return false;
}

std::vector<std::string> make_schemas(TablesWork& work, const std::stop_token& stop) {
  if (work.set.missing_schemas.empty() || work.set.target.server.read_only) return {};
  auto pair = work.sessions.lend(stop);
  std::vector<std::string> remarks;
  for (const auto& schema : work.set.missing_schemas) {
    try {
      static_cast<void>(pair->target->execute("CREATE SCHEMA " + quote_identifier(schema), {}, stop));
      remarks.push_back("schema " + display_identifier(schema) + " was made");
    } catch (const Error& error) {
      // The tables that need it tell why.
      if (!pair->target->is_open() || error.kind() == ErrorKind::cancelled) throw;
    }
  }
  pair->works = true;
  return remarks;
}

void note_missing_tables(TablesWork& work, const std::stop_token& stop) {
  const TableSet& set = work.set;
  JoinNotes& notes = work.notes;
  notes.is_resumed.assign(set.names.size(), false);
  notes.is_joined.assign(set.names.size(), false);
  if (work.options.stream.create == CreateTarget::never || set.target.server.read_only) return;
  try {
    auto pair = work.sessions.lend(stop);
    notes.is_joined = find_joined(work, *pair->source, stop);
    std::vector<TableName> missing;
    for (std::size_t i = 0; i < set.names.size(); ++i) {
      if (notes.is_joined[i] && set.target_oids[i].empty()) missing.push_back(set.targets[i]);
    }
    notes.is_resumed = find_made(*pair->target, set.targets, work.options.delivery.job, stop);
    for (std::size_t i = 0; i < set.names.size(); ++i) {
      if (set.target_oids[i].empty()) notes.is_resumed[i] = false;
    }
    const bool goes_on = contains(notes.is_resumed, true);
    if (!missing.empty() && note_missing(*pair->target, missing, work.options.delivery.job, stop)) {
      notes.is_kept = true;
    }
    notes.is_kept = notes.is_kept || goes_on;
    pair->works = true;
  } catch (const Error& error) {
    // Each table tells why it cannot be copied.
    if (error.kind() == ErrorKind::cancelled) throw;
    work.options.stream.log.info(std::string("it is not noted which tables are made: ") + error.what());
  }
}

void note_made_tables(const TablesWork& work, const TableGroup& group, Connection& target,
                      const std::stop_token& stop) {
  if (!work.notes.is_kept) return;
  std::vector<TableName> made;
  for (const std::size_t table : group.tables) {
    if (work.notes.is_joined[table] && work.set.target_oids[table].empty()) {
      made.push_back(work.set.targets[table]);
    }
  }
  if (made.empty()) return;
  // A run of the same tables may have removed the record.
  static_cast<void>(behind_savepoint(
      target, stop, [&] { note_made(target, made, stop); }, is_refusal));
}

std::vector<std::string> join_made_tables(TablesWork& work, const std::stop_token& stop) {
  if (work.options.stream.create == CreateTarget::never) return {};
  const auto is_copied = work.board.copied();
  std::vector<bool> is_made;
  for (std::size_t i = 0; i < is_copied.size(); ++i) {
    is_made.push_back(is_copied[i] && (work.set.target_oids[i].empty() || work.notes.is_resumed[i]));
  }
  const bool makes = std::find(is_made.begin(), is_made.end(), true) != is_made.end();
  if (stop.stop_requested()) {
    if (!makes) return {};
    return {std::string(joined_later) + "are not made: the run was stopped" +
            (work.notes.is_kept ? "; the same command makes them" : "")};
  }
  std::vector<std::string> remarks;
  try {
    auto pair = work.sessions.lend(stop);
    append_all(remarks, partitions_apart(work.options, work.set, is_copied, is_made, *pair, stop));
    MadeParents parents;
    if (makes) parents = make_parents(work, is_made, *pair, stop);
    append_all(remarks, parents.remarks);
    if (work.options.stream.create == CreateTarget::full) {
      append_all(remarks, make_foreign_keys(work.set, is_made, is_copied, parents.tables, *pair, stop));
    }
    forget_joined(work, is_copied, parents.tables, *pair->target, stop);
    pair->works = true;
  } catch (const Error& error) {
    remarks.push_back(std::string(joined_later) + "were not made: " + error.what());
  }
  return remarks;
}

}  // namespace leat::jobs_detail
