#pragma once

#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/verify_report.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// What VerifyTable compares.
struct VerifyTableOptions {
  // Behaviour

  ResolvedConnection source{};
  ResolvedConnection target{};
  /// The table or view that was copied, as in SQL: `orders`, `sales.orders`, `"Mixed Case"."Order"`.
  std::string from{};
  /// The table or view to compare it with. Empty: named as `from`.
  std::string to{};
  /// What CopyTableOptions has under these names, so that a copy is compared by the options it was made with.
  std::vector<std::string> columns{};
  std::vector<std::string> exclude{};
  std::map<std::string, std::string> rename{};
  std::map<std::string, std::string> map{};
  /// SQL of your own: only rows of the source that meet it.
  std::string where{};
  /// The same over the target's columns.
  std::string target_where{};
  /// Columns of the target, all of them compared, by which rows of both sides belong together. Empty: the
  /// target's primary key, else a unique key of it whose columns are NOT NULL.
  std::vector<std::string> key{};
  /// Rows that differ are shown up to so many. Zero: none is looked for, and no range.
  std::size_t differences = 10;
  /// A server is silent while it reads its whole table, hence the long silence_timeout.
  JobLimits limits{.silence_timeout = std::chrono::hours{24}};
  /// What pg_stat_activity shows of both sessions.
  std::string application_name = "leat";
  Logger log{};
};

/// Compares the content of two tables, of which one was copied from the other: the same rows as often, in
/// whatever order. Each column's values are compared after the conversion that CopyTable does.
///
/// Each side is read in one snapshot of its own, both at the same time: how many rows, and the sum of their
/// 64-bit hashes. Where these differ, ranges of keys are compared, narrower each time, until the rows that
/// differ are known. Changes nothing. docs/verify.md tells what is taken in of each type. An object may run
/// again, and different objects may run at the same time; one object runs once at a time.
class VerifyTable {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit VerifyTable(VerifyTableOptions options);

  /// Compares. @throws Error whose kind() tells the side; Error (cancelled) after a stop request. That both
  /// sides differ is no error: the report tells.
  [[nodiscard]] VerifyReport run(std::stop_token stop = {}) const;

 private:
  VerifyTableOptions options_;
};

}  // namespace leat
