#pragma once

#include <stop_token>

#include "jobs/prepare/query_text.hpp"
#include "leat/jobs/options/ad_hoc_query_options.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::jobs_detail {

/// Whether the sql_transforms of the options run in the target.
[[nodiscard]] bool transforms_in_target(const AdHocQueryOptions& options);
/// Where they run and why, for the plan; empty where there are none.
[[nodiscard]] std::string place_remark(const AdHocQueryOptions& options);
/// @throws Error (config) for what does not go together with their place.
void validate_place(const AdHocQueryOptions& options);

/// `query` with the options' sql_transforms, whose parameters still have their names. Asks the server that
/// will run it, in an open transaction. @throws Error (config) that tells all faults of a transform; Error of
/// that side that stands in the author's text.
[[nodiscard]] CompiledTransform transformed_query(Connection& server, const std::string& query,
                                                  const AdHocQueryOptions& options,
                                                  const std::stop_token& stop);

}  // namespace leat::jobs_detail
