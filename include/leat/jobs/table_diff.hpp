#pragma once

#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/options/table_selection.hpp"
#include "leat/jobs/report/table_difference.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Options of TableDiff: which two tables to compare.
struct TableDiffOptions {
  /// Where to connect: `"postgresql://etl@db1/shop"`, or an id: `factory.resolve("shop")`.
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// Which tables and columns are compared. No values are, so `map` and `where` are refused.
  TableSelection table{};
  JobLimits limits{};
  /// The name of both sessions in pg_stat_activity.
  std::string application_name = "leat";
  Logger log{};
};

/// Compares the definitions of a table in two databases: columns with all their properties, keys,
/// constraints, indexes, comments, and the definitions of the types they use. Does not compare rows, foreign
/// keys, triggers, policies and privileges. Constraints and indexes with the same definition are taken for
/// the same, whatever their names are. Reads only catalogs, and changes nothing. An object may run again, and
/// different objects may run at the same time.
class LEAT_EXPORT TableDiff {
 public:
  /// @throws Error (config) that names the wrong option.
  explicit TableDiff(TableDiffOptions options);

  /// @throws Error whose kind() says which side failed; with SQLSTATE 42P01 if a table is missing.
  [[nodiscard]] TableDiffReport run(std::stop_token stop = {}) const;

 private:
  TableDiffOptions options_;
};

}  // namespace leat
