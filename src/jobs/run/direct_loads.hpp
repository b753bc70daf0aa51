#pragma once

#include <stop_token>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// Appends the slices of `load.slices` by several sessions, each in one transaction, which commit when all
/// rows are there.
[[nodiscard]] JobReport run_direct(PreparedLoad& load, const CopyTableOptions& options,
                                   const std::stop_token& stop);

}  // namespace leat::jobs_detail
