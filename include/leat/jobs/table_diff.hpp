#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/table_difference.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Which two tables TableDiff compares.
struct TableDiffOptions {
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// A table or view, as in SQL.
  std::string from{};
  /// Empty: named as `from`.
  std::string to{};
  /// Only these columns of the source. Empty: all.
  std::vector<std::string> columns{};
  /// All columns but these. Not together with `columns`.
  std::vector<std::string> exclude{};
  /// Source column -> the target's column that it is compared with.
  std::map<std::string, std::string> rename{};
  JobLimits limits{};
  /// What pg_stat_activity shows of the two sessions.
  std::string application_name = "leat";
  Logger log{};
};

/// Compares what two databases say of a table: columns with all their properties, keys, constraints, indexes,
/// comments, and the definitions of the types they use. Not their rows, nor foreign keys, triggers, policies
/// and privileges. Constraints and indexes of one definition are one, whatever their names. Reads catalogs
/// alone, and changes nothing. An object may run again, and different objects at the same time.
class TableDiff {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit TableDiff(TableDiffOptions options);

  /// @throws Error whose kind() tells the side: 42P01 for a table that there is not.
  [[nodiscard]] TableDiffReport run(std::stop_token stop = {}) const;

 private:
  TableDiffOptions options_;
};

}  // namespace leat
