#pragma once

#include <map>
#include <string>
#include <vector>

#include "leat/jobs/report/table_difference.hpp"
#include "leat/postgres/catalog/table_definition.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat::jobs_detail {

/// One side of a comparison.
struct DefinedTable {
  std::string label{};  ///< where it is, for people
  TableInfo info{};
  TableDefinition table{};
  TypeDefinitions types{};
};

/// Names of the source's columns that are compared, and what they are called in the target.
using ComparedColumns = std::map<std::string, std::string>;

/// Compares two tables, column by column in the source's order. A pure function. `named`: a user has named
/// the columns, so that a load would copy generated ones too.
[[nodiscard]] std::vector<Difference> compare(const DefinedTable& source, const DefinedTable& target,
                                              const ComparedColumns& columns, bool named);

}  // namespace leat::jobs_detail
