#include "jobs/tables/table_groups.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

namespace leat::jobs_detail {
namespace {

/// For each table the smallest position that it is connected with.
std::vector<std::size_t> roots_of(std::size_t tables, std::span<const KeyBetween> keys) {
  std::vector<std::size_t> root(tables);
  std::iota(root.begin(), root.end(), 0U);
  const auto find = [&root](std::size_t table) {
    while (root[table] != table) table = root[table] = root[root[table]];
    return table;
  };
  for (const KeyBetween& key : keys) {
    const auto [least, most] = std::minmax({find(key.child), find(key.parent)});
    root[most] = least;
  }
  for (auto& table : root) table = find(table);
  return root;
}

/// Parents first, otherwise as they stand; nullopt where keys form a cycle.
std::optional<std::vector<std::size_t>> parents_first(const std::vector<std::size_t>& members,
                                                      std::span<const KeyBetween> keys,
                                                      bool without_deferrable) {
  std::map<std::size_t, std::size_t> parents_waiting;
  std::multimap<std::size_t, std::size_t> children;
  for (const std::size_t table : members) parents_waiting[table] = 0;
  for (const KeyBetween& key : keys) {
    if (key.child == key.parent || !parents_waiting.contains(key.child)) continue;
    if (without_deferrable && key.deferrable) continue;
    children.emplace(key.parent, key.child);
    ++parents_waiting[key.child];
  }
  std::set<std::size_t> ready;
  for (const auto& [table, parents] : parents_waiting) {
    if (parents == 0) ready.insert(table);
  }
  std::vector<std::size_t> ordered;
  while (!ready.empty()) {
    const std::size_t table = ready.extract(ready.begin()).value();
    ordered.push_back(table);
    const auto [first, last] = children.equal_range(table);
    for (auto child = first; child != last; ++child) {
      if (--parents_waiting[child->second] == 0) ready.insert(child->second);
    }
  }
  if (ordered.size() < members.size()) return std::nullopt;
  return ordered;
}

}  // namespace

std::vector<TableGroup> group_tables(std::size_t tables, std::span<const KeyBetween> keys) {
  const auto root = roots_of(tables, keys);
  std::map<std::size_t, std::vector<std::size_t>> connected;
  for (std::size_t table = 0; table < tables; ++table) connected[root[table]].push_back(table);
  std::vector<TableGroup> groups;
  for (const auto& [first, members] : connected) {
    TableGroup group{.tables = members};
    group.has_keys = std::any_of(keys.begin(), keys.end(), [&, position = first](const KeyBetween& key) {
      return key.is_key && key.child != key.parent && root[key.child] == position;
    });
    auto ordered = parents_first(members, keys, false);
    if (!ordered) {
      ordered = parents_first(members, keys, true);
      group.defers = ordered.has_value();
      group.has_cycle = !group.defers;
    }
    if (ordered) group.tables = std::move(*ordered);
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace leat::jobs_detail
