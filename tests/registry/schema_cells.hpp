#pragma once

#include <string>
#include <vector>

#include "leat/registry/compare_schemas.hpp"

namespace leat::test {

/// A change of a table `t`, made by ALTER TABLE, and what shows whether a rule is right about it.
struct SchemaCell {
  std::string name{};
  std::vector<SchemaChangeKind> changes{};  ///< what compare_schemas() is to find
  std::string make{};                       ///< makes the old table, and its types
  std::string alter{};                      ///< makes the new one of it
  std::string old_rows{};                   ///< rows that only the old table need take: VALUES of an INSERT
  std::string new_rows{};                   ///< the same of the new table
  std::string kept_rows{};                  ///< rows of the old table that stay when it is altered
  std::vector<std::string> selects{};       ///< of a reader who knows the old table
};

/// At least one for each kind of change.
[[nodiscard]] const std::vector<SchemaCell>& schema_cells();

}  // namespace leat::test
