#include "jobs/tables/missing_tables.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "leat/postgres/catalog/detail/type_questions.hpp"
#include "leat/postgres/catalog/table_definition.hpp"

namespace leat::jobs_detail {
namespace {

/// Types of `types` that the target lacks, but for those of extensions.
std::set<Oid> missing_types(Connection& target, const TypeDefinitions& types, const std::stop_token& stop) {
  std::vector<TableName> names;
  for (const auto& [oid, type] : types) names.push_back(type.name);
  const auto found = postgres_detail::find_types(target, names, stop);
  std::set<Oid> missing;
  auto known = found.begin();
  for (const auto& [oid, type] : types) {
    if (*known++ == 0 && type.extension.empty()) missing.insert(oid);
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

std::vector<KeyBetween> joined_by_types(Connection& source, Connection& target, TableSet& set,
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
    for (const Oid oid : postgres_detail::types_in_order(definitions.types, wanted)) {
      if (!missing.contains(oid)) continue;
      const TypeDefinition& type = definitions.types.at(oid);
      if (type.kind == DefinedKind::row) {
        const auto parent = positions.find(type.name.sql());
        if (parent != positions.end()) {
          joined.push_back({.child = position, .parent = parent->second, .is_key = false});
        }
        continue;
      }
      set.missing_schemas.insert(type.name.schema);
      // Whichever comes first makes the type.
      const auto [other, is_first] = first.emplace(oid, position);
      if (!is_first) {
        joined.push_back({.child = position, .parent = other->second, .deferrable = true, .is_key = false});
      }
    }
  }
  return joined;
}

}  // namespace leat::jobs_detail
