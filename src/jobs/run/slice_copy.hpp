#pragma once

#include <cstddef>
#include <stop_token>

#include "jobs/prepare/stream_job.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// Moves the slices of `stream.slices` by a pipeline: several sessions read them, several threads run the row
/// hook, one session writes.
[[nodiscard]] JobReport run_slices(PreparedStream stream, const CopyTableOptions& options,
                                   const std::stop_token& stop);

/// @throws Error (config) where nobody wants so many.
void validate_workers(std::size_t count, const char* name);

/// @throws Error (config) when readers, transform_workers and memory do not go together.
void validate_slices(const CopyTableOptions& options);

}  // namespace leat::jobs_detail
