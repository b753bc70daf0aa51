#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/options/table_selection.hpp"
#include "leat/jobs/report/verify_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Options of VerifyTable: which two tables to compare, and how.
struct VerifyTableOptions {
  // Behaviour

  /// Where to connect: `"postgresql://etl@db1/shop"`, or an id: `factory.resolve("shop")`.
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// Which tables are compared. It means the same as in CopyTableOptions, so a copy is compared by the
  /// selection it was made with.
  TableSelection table{};
  /// SQL of your own over the target's columns: only the target's rows that meet it are compared.
  std::string target_where{};
  /// Columns of the target by which the rows of both sides are paired: `{"id"}`. All of them must be
  /// compared. Empty: the target's primary key, or else one of its unique keys whose columns are all NOT
  /// NULL.
  std::vector<std::string> key{};
  /// How many differing rows the report shows at most. Zero: neither rows nor ranges are searched for.
  std::size_t differences = 10;
  /// The silence_timeout is long here, since a server is silent while it reads its whole table.
  JobLimits limits{.silence_timeout = std::chrono::hours{24}};
  /// The name of both sessions in pg_stat_activity.
  std::string application_name = "leat";
  Logger log{};
};

/// Compares the content of two tables, one of which was copied from the other. They are equal if both have
/// the same rows, each the same number of times, in any order. The values of each column are compared after
/// the conversion that CopyTable does.
///
/// Each side is read in a snapshot of its own, both at the same time, for the number of rows and the sum of
/// their 64-bit hashes. If these differ, VerifyTable compares ranges of keys, narrower each time, until it
/// has found the rows that differ. Changes nothing. docs/verify.md explains for each type what is compared.
/// An object may run again, and different objects may run at the same time; one object must not run twice at
/// the same time.
class LEAT_EXPORT VerifyTable {
 public:
  /// @throws Error (config) that names the wrong option.
  explicit VerifyTable(VerifyTableOptions options);

  /// Compares both tables. @throws Error whose kind() says which side failed; Error (cancelled) after a stop
  /// request. A difference between the tables is no error: it is in the report.
  [[nodiscard]] VerifyReport run(std::stop_token stop = {}) const;

 private:
  VerifyTableOptions options_;
};

}  // namespace leat
