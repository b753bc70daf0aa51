#pragma once

#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

/// Copies a table from one database into another, columns matched by name, in one transaction.
///
/// The source is read in one snapshot, by COPY in the fastest format that is safe. One reader and one writer
/// keep the order of rows. Several readers take slices of the table, ranges of its pages. Writers take
/// whatever rows come; where the job has a name, each takes a slice at a time. run() returns when every row
/// is committed and visible; on any failure the target is as it was, and the first error is thrown with its
/// SQLSTATE. An object may run again, and different objects may run at the same time; one object runs once at
/// a time.
class LEAT_EXPORT CopyTable {
 public:
  /// `CopyTable job(CopyTableOptions{.source = "postgresql:///shop", …})`: where the type is written out,
  /// compilers name a field that is wrong; of `CopyTable job({…})` they say only that nothing matches.
  /// @throws Error (config) that names the option that is wrong.
  explicit CopyTable(CopyTableOptions options);

  /// Connects, looks at both sides, and tells what run() would do. Changes nothing.
  [[nodiscard]] JobPlan plan(std::stop_token stop = {}) const;

  /// Copies. @throws Error whose kind() tells the side; Error (cancelled) after a stop request; what the row
  /// hook throws, unchanged.
  JobReport run(std::stop_token stop = {}) const;

 private:
  JobReport move(const std::stop_token& stop) const;
  JobReport run_whole(const std::stop_token& stop) const;

  CopyTableOptions options_;
  bool is_unnamed_ = false;  // it has a ledger all the same
  Delivery whole_{};         // of a job that is one transaction, which has no name for what moves its rows
};

}  // namespace leat
