#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "jobs/tables/partition_trees.hpp"
#include "jobs/tables/table_set.hpp"

namespace leat::jobs_detail {

/// Makes the foreign keys of tables that are made, to tables that this run has copied, each in a transaction
/// of its own. Returns what to tell: those that are not made, and why; of tables that were there before also
/// those that they lack, with the statement. Sessions and `is_made` are as for make_parents(); `is_copied`:
/// of each table, whether this run has loaded it.
[[nodiscard]] std::vector<std::string> make_foreign_keys(
    const TableSet& set, const std::vector<bool>& is_made, const std::vector<bool>& is_copied,
    const std::vector<ParentTable>& parents, const JobSessions& pair, const std::stop_token& stop);

}  // namespace leat::jobs_detail
