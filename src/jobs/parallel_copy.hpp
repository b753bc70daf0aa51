#pragma once

#include <stop_token>

#include "jobs/stream_job.hpp"
#include "leat/jobs/copy_table.hpp"

namespace leat::jobs_detail {

/// Moves the slices of `stream.slices`: `readers` sessions read them, `writers` sessions of the target write
/// them, each a slice at a time.
[[nodiscard]] JobReport run_parallel(PreparedStream stream, const CopyTableOptions& options,
                                     const std::stop_token& stop);

/// Whether the options ask for it.
[[nodiscard]] inline bool is_parallel(const CopyTableOptions& options) {
  return options.writers > 1;
}

/// @throws Error (config) where the options do not go together with several writers.
void validate_parallel(const CopyTableOptions& options);

}  // namespace leat::jobs_detail
