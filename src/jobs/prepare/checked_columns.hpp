#pragma once

#include <stop_token>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Has the source convert, value by value, what would not go into the target's column of its name, if it
/// knows a cast. Other columns, and those that have none there, stay. Asks the source, in an open
/// transaction. Returns whether there are any.
bool add_checked_casts(std::vector<SourceColumn>& columns, const TableInfo& target, Connection& source,
                       const std::stop_token& stop);

}  // namespace leat::jobs_detail
