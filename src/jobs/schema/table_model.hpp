#pragma once

#include <stop_token>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "jobs/schema/target_creation.hpp"
#include "leat/jobs/options/table_selection.hpp"

namespace leat::jobs_detail {

/// What a target that is made or extended is made after: the source's table, of which these columns are
/// copied.
[[nodiscard]] TargetModel table_model(Connection& session, const TableInfo& table,
                                      const std::vector<SourceColumn>& columns, const TableSelection& choice,
                                      const std::stop_token& stop);

}  // namespace leat::jobs_detail
