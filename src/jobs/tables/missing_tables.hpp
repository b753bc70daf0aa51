#pragma once

#include <stop_token>
#include <vector>

#include "jobs/tables/table_groups.hpp"
#include "jobs/tables/table_set.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What joins tables that the options have made or extended in the target: types that are to be made with
/// them once, and tables that come before those whose columns hold their rows. Notes the schemas of such
/// types in the set.
[[nodiscard]] std::vector<KeyBetween> joined_by_types(Connection& source, Connection& target, TableSet& set,
                                                      const StreamOptions& options,
                                                      const std::stop_token& stop);

}  // namespace leat::jobs_detail
