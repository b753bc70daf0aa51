#pragma once

#include <stop_token>
#include <vector>

#include "jobs/match/copy_columns.hpp"
#include "jobs/prepare/prepared_load.hpp"

namespace leat::jobs_detail {

/// Has large objects that columns refer to copied along with the rows of `table`, where the choice says so,
/// and tells of those that are not. What stands against it is then among the plan's findings.
void prepare_objects(PreparedLoad& stream, const TableInfo& table, const std::vector<SourceColumn>& columns,
                     const TableSelection& choice, const std::stop_token& stop);

}  // namespace leat::jobs_detail
