#pragma once

#include <stop_token>

#include "jobs/prepare/query_text.hpp"
#include "leat/jobs/options/ad_hoc_query_options.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::jobs_detail {

/// The query of the options with its sql_transforms, whose parameters still have their names. Asks the
/// source, in an open transaction. @throws Error (config) that tells all faults of a transform; Error
/// (source) that stands in the author's text.
[[nodiscard]] CompiledTransform transformed_query(Connection& source, const AdHocQueryOptions& options,
                                                  const std::stop_token& stop);

}  // namespace leat::jobs_detail
