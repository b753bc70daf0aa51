#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/catalog/table_definition.hpp"

namespace leat::jobs_detail {

/// A column of the target that gets its values from the source.
struct LoadedColumn {
  std::string target{};                 ///< its name in the target
  std::optional<std::string> source{};  ///< the source's column; nullopt for an expression
  TypeSpelling type{};                  ///< of an expression
  bool not_null = false;                ///< an expression that is known to give no NULL
};

/// How a remark on the foreign keys of a table begins.
inline constexpr const char* foreign_keys_not_made = "foreign keys are not made: ";

/// A table to make, and what of the source's it will not have.
struct WantedTable {
  TableDefinition table{};
  std::vector<std::string> remarks{};
};

/// What the target is to be, under its own names: the columns that are loaded, as the source defines them,
/// the generated columns that can be computed from these (`excluded` ones left out), and of constraints and
/// indexes those whose columns are all there. `stays_partitioned`: with the source's partition key. A pure
/// function; `table.name` is still the source's.
[[nodiscard]] WantedTable wanted_table(const TableDefinition& source, std::span<const LoadedColumn> loaded,
                                       std::span<const std::string> excluded, CreateTarget level,
                                       bool stays_partitioned = false);

/// "check positive" or "index t_v_idx", quoted only where SQL needs it.
[[nodiscard]] std::string display(const ConstraintDefinition& constraint);
[[nodiscard]] std::string display(const IndexDefinition& index);
[[nodiscard]] std::string display(const StatisticsDefinition& statistics);

}  // namespace leat::jobs_detail
