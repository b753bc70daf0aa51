#include "jobs/tables/missing_tables.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "leat/postgres/catalog/table_definition.hpp"

namespace leat::jobs_detail {
namespace {

/// Types of `types` that the target lacks.
TypeDefinitions missing_types(Connection& target, const TypeDefinitions& types, const std::stop_token& stop) {
  std::vector<Oid> oids;
  std::vector<TableName> names;
  for (const auto& [oid, type] : types) {
    if (!type.extension.empty()) continue;
    oids.push_back(oid);
    names.push_back(type.name);
  }
  const auto found = find_types(target, names, stop);
  TypeDefinitions missing;
  for (std::size_t i = 0; i < oids.size(); ++i) {
    if (found[i] == 0) missing.emplace(oids[i], types.at(oids[i]));
  }
  return missing;
}

/// Whether the table's load begins by making it, or by adding columns to it.
bool changes_target(const TableSet& set, std::size_t table, const StreamOptions& options) {
  const auto& source = set.source.tables[table];
  if (!source || !source->info) return false;
  if (set.target_oids[table].empty()) return options.create != CreateTarget::never;
  const auto& target = set.target.tables[table];
  if (!options.evolve || !target || !target->info) return false;
  const auto& columns = source->info->columns;
  return std::any_of(columns.begin(), columns.end(), [&target](const TableColumn& column) {
    return target->info->find(column.name) == nullptr;
  });
}

}  // namespace

std::vector<KeyBetween> joined_by_types(Connection& source, Connection& target, const TableSet& set,
                                        const StreamOptions& options, const std::stop_token& stop) {
  std::vector<Oid> oids;
  std::map<std::string, std::size_t> positions;  // by name
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (!changes_target(set, i, options)) continue;
    oids.push_back(set.source.tables[i]->info->oid);
    positions.emplace(set.source.tables[i]->info->name.sql(), i);
  }
  const auto definitions = read_definitions(source, oids, stop);
  const auto missing = missing_types(target, definitions.types, stop);
  std::vector<KeyBetween> joined;
  std::map<Oid, std::size_t> first;
  for (const auto& table : definitions.tables) {
    const std::size_t position = positions.at(table.name.sql());
    std::vector<Oid> wanted;
    for (const auto& column : table.columns) wanted.push_back(column.type.element);
    for (const Oid oid : in_order(definitions.types, wanted)) {
      const auto type = missing.find(oid);
      if (type == missing.end()) continue;
      if (type->second.kind == DefinedKind::row) {
        const auto parent = positions.find(type->second.name.sql());
        if (parent != positions.end()) joined.push_back({.child = position, .parent = parent->second});
        continue;
      }
      // Whichever comes first makes the type.
      const auto [other, is_first] = first.emplace(oid, position);
      if (!is_first) joined.push_back({.child = position, .parent = other->second, .deferrable = true});
    }
  }
  return joined;
}

}  // namespace leat::jobs_detail
