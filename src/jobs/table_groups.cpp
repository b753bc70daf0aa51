#include "jobs/table_groups.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace leat::jobs_detail {
namespace {

/// For each table the smallest position that it is connected with.
std::vector<std::size_t> connect(std::size_t tables, std::span<const KeyBetween> keys) {
  std::vector<std::size_t> root(tables);
  std::iota(root.begin(), root.end(), 0U);
  for (bool changed = true; changed;) {
    changed = false;
    for (const KeyBetween& key : keys) {
      const std::size_t least = std::min(root[key.child], root[key.parent]);
      changed = changed || root[key.child] != least || root[key.parent] != least;
      root[key.child] = root[key.parent] = least;
    }
  }
  return root;
}

/// Parents first, otherwise as they stand; nullopt where keys form a cycle.
std::optional<std::vector<std::size_t>> order(std::vector<std::size_t> waiting,
                                              std::span<const KeyBetween> keys, bool without_deferrable) {
  std::vector<std::size_t> ordered;
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](std::size_t table) {
      return std::none_of(keys.begin(), keys.end(), [&](const KeyBetween& key) {
        return key.child == table && key.parent != table && !(without_deferrable && key.deferrable) &&
               std::find(waiting.begin(), waiting.end(), key.parent) != waiting.end();
      });
    });
    if (next == waiting.end()) return std::nullopt;
    ordered.push_back(*next);
    waiting.erase(next);
  }
  return ordered;
}

}  // namespace

std::vector<TableGroup> group_tables(std::size_t tables, std::span<const KeyBetween> keys) {
  const auto root = connect(tables, keys);
  std::vector<TableGroup> groups;
  for (std::size_t first = 0; first < tables; ++first) {
    if (root[first] != first) continue;
    std::vector<std::size_t> members;
    for (std::size_t table = first; table < tables; ++table) {
      if (root[table] == first) members.push_back(table);
    }
    TableGroup group{.tables = members};
    if (auto ordered = order(members, keys, false)) {
      group.tables = std::move(*ordered);
    } else if (ordered = order(members, keys, true); ordered) {
      group.tables = std::move(*ordered);
      group.defers = true;
    } else {
      group.has_cycle = true;
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace leat::jobs_detail
