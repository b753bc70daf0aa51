#pragma once

#include <stop_token>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// Looks at both sides of a CopyTable. Sessions that the context lacks are opened, with a transaction.
[[nodiscard]] PreparedLoad prepare_copy(const CopyTableOptions& options, const JobContext& context,
                                        const std::stop_token& stop);

}  // namespace leat::jobs_detail
