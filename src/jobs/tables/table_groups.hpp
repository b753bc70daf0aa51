#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace leat::jobs_detail {

/// A foreign key between two tables of a job, by their positions.
struct KeyBetween {
  std::size_t child;   ///< has the key
  std::size_t parent;  ///< is referenced
  bool deferrable = false;
  bool is_key = true;  ///< false: something else joins them, as a foreign key would
};

/// Tables that are loaded in one transaction, since foreign keys join them.
struct TableGroup {
  std::vector<std::size_t> tables;  ///< parents before their children
  bool defers = false;              ///< only where deferrable keys are checked at the end
  bool has_cycle = false;           ///< there is no such order, even then
  bool has_keys = false;            ///< some of what joins them are foreign keys
};

/// Groups of tables that are connected by keys, each in an order in which rows can be loaded. A key of a
/// table to itself does not count. A pure function.
[[nodiscard]] std::vector<TableGroup> group_tables(std::size_t tables, std::span<const KeyBetween> keys);

}  // namespace leat::jobs_detail
