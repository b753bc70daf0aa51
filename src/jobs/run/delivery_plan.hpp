#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

/// Whether slices are committed one by one, with a ledger that tells which are.
[[nodiscard]] inline bool has_ledger(const CopyTableOptions& options) {
  return !options.delivery.job.empty();
}

/// Whether slices are written by several sessions, or one by one.
[[nodiscard]] inline bool is_parallel(const CopyTableOptions& options) {
  return options.writers > 1 || has_ledger(options);
}

/// Whether slices are collected beside the table and published at once.
[[nodiscard]] inline bool is_published(const CopyTableOptions& options) {
  return has_ledger(options) &&
         (options.mode != WriteMode::append || options.delivery.on_lost_snapshot == OnLostSnapshot::redo);
}

/// Gives a job without a name that needs a ledger one that no other has; whether it did. Several writers need
/// one where the rows are to be seen all at once, or before the commit.
[[nodiscard]] bool name_job(CopyTableOptions& options);
/// Puts numbers where readers and writers are zero.
void choose_workers(CopyTableOptions& options);

/// What stands against writing by several sessions, or with a ledger. Adds it to the plan.
void check_delivery(PreparedLoad& stream, const CopyTableOptions& options, const std::stop_token& stop);

/// Whether the target's ledger can be used for that job. Adds what stands against it to the plan.
void check_ledger(PreparedLoad& stream, bool has_staging, bool restarts, const JobRequest& request,
                  const std::stop_token& stop);

/// What a plan says of how slices get into the target.
[[nodiscard]] std::vector<std::string> delivery_remarks(const CopyTableOptions& options);

/// Makes batches smaller where many work. @throws Error (config) where a number is out of range, or the
/// memory does not do for as many.
void validate_delivery(CopyTableOptions& options);

/// What each writer keeps of rows that may be rejected.
[[nodiscard]] ByteCount collected_by_writer(const CopyTableOptions& options);

/// Which options do not go together, whatever the databases are.
[[nodiscard]] std::vector<Finding> conflicts_of(const CopyTableOptions& options);

}  // namespace leat::jobs_detail
