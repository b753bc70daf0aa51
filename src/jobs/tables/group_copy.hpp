#pragma once

#include <stop_token>

#include "jobs/tables/table_groups.hpp"
#include "jobs/tables/tables_work.hpp"

namespace leat::jobs_detail {

/// Copies the tables of one group, in one transaction of the target, and tells the board what became of each.
/// @throws Stopped where it was stopped meanwhile.
void copy_group(TablesWork& work, const TableGroup& group, const std::stop_token& stop);

}  // namespace leat::jobs_detail
