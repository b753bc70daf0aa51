#pragma once

#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "jobs/schema/wanted_table.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/catalog/table_definition.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

/// What a load makes besides its rows, in its own transaction.
struct TargetCreation {
  std::vector<std::string> before{};  ///< has been run when the load was prepared
  std::vector<std::string> after{};   ///< is run when the rows are there, before the COMMIT
  std::vector<std::string> remarks{};
  std::vector<TableName> own_names{};  ///< of what belongs to the table, some of which `after` takes

  [[nodiscard]] bool empty() const { return before.empty() && after.empty(); }
  /// Runs what comes after the rows, once.
  void finish(Connection& target, const std::stop_token& stop);
  /// Puts the statements where they belong among those of the load.
  void show_in(std::vector<std::string>& target_sql) const;
};

/// What a missing target is made after.
struct TargetModel {
  TableDefinition table{};  ///< of the source; empty for a query
  TypeDefinitions types{};
  std::vector<LoadedColumn> loaded{};
  std::vector<std::string> excluded{};
  bool stays_partitioned = false;  ///< the target is to have partitions, as the source's table has
  std::vector<TableName> taken{};  ///< by what other tables of the same transaction get after their rows
  bool is_one_of_many = false;     ///< what it is a partition of may be made after it
};

/// Columns that get values which are no column of a table, in the types that these have.
[[nodiscard]] std::vector<LoadedColumn> loaded_values(Connection& source,
                                                      std::span<const SourceColumn> values,
                                                      const std::stop_token& stop);

/// How a job finds that out, if it has to.
using ReadModel = std::function<TargetModel()>;

/// Makes the table and the types that it needs, in the transaction of `target`. What the server does not
/// take, it is made without, and remarks tell. nullopt where it cannot be made, which is then among the
/// findings.
[[nodiscard]] std::optional<TargetCreation> create_target(Connection& target, const TableName& name,
                                                          const TargetModel& model, CreateTarget level,
                                                          std::vector<Finding>& findings,
                                                          const std::stop_token& stop);

/// Adds the columns that the table lacks, likewise. Nothing is done where it lacks none.
[[nodiscard]] std::optional<TargetCreation> evolve_target(Connection& target, const TableInfo& table,
                                                          const TargetModel& model,
                                                          std::vector<Finding>& findings,
                                                          const std::stop_token& stop);

}  // namespace leat::jobs_detail
