#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/jobs/job_report.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/connection_factory.hpp"

namespace leat {

/// What CopyTable copies, and how.
struct CopyTableOptions {
  // Behaviour

  ResolvedConnection source{};
  ResolvedConnection target{};
  /// The table or view to read, as in SQL: `orders`, `sales.orders`, `"Mixed Case"."Order"`.
  std::string from{};
  /// The table to load, which must exist. Empty: named as `from`.
  std::string to{};
  /// Only these columns, exactly as the catalog spells them. Empty: all but generated ones.
  std::vector<std::string> columns{};
  /// All columns but these. Not together with `columns`.
  std::vector<std::string> exclude{};
  /// SQL of your own: only rows that meet it are copied. It becomes part of the source's SELECT as it stands.
  std::string where{};
  WriteMode mode = WriteMode::replace;
  /// Reads, drops and rewrites rows on the way.
  Transform transform{};

  // Behaviour and performance

  StreamOptions stream{};
};

/// Copies a table from one database into another, columns matched by name, in one transaction.
///
/// The source is read in one snapshot, by COPY in the fastest format that is safe. run() returns when every
/// row is committed and visible; on any failure the target is as it was, and the first error is thrown with
/// its SQLSTATE. An object may run again, and different objects may run at the same time; one object runs
/// once at a time.
class CopyTable {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit CopyTable(CopyTableOptions options);

  /// Connects, looks at both sides, and tells what run() would do. Changes nothing.
  [[nodiscard]] JobPlan plan(std::stop_token stop = {}) const;

  /// Copies. @throws Error whose kind() tells the side; Error (cancelled) after a stop request; what the row
  /// hook throws, unchanged.
  JobReport run(std::stop_token stop = {}) const;

 private:
  CopyTableOptions options_;
};

}  // namespace leat
