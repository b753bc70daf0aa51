#pragma once

#include <stop_token>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// Looks at both sides of a CopyTable whose source is a store of another kind.
[[nodiscard]] PreparedLoad prepare_store_copy(const CopyTableOptions& options, Writing writing,
                                              const JobContext& context, const std::stop_token& stop);

}  // namespace leat::jobs_detail
