#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "jobs/tables/table_groups.hpp"
#include "jobs/tables/tables_work.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// The load of one table of a group, with what stands against it, in the words of many tables. `taken`: names
/// in the target that those before it will take.
[[nodiscard]] PreparedLoad prepare_table(const TablesWork& work, const TableGroup& group, std::size_t table,
                                         const JobSessions& pair, std::vector<TableName> taken,
                                         bool plans_only, const std::stop_token& stop);

/// The plan of one table; what makes that impossible is a finding of it.
[[nodiscard]] JobPlan plan_table(const TablesWork& work, const TableGroup& group, std::size_t table,
                                 const JobSessions& pair, const std::stop_token& stop);

/// What keeps the tables of a group from being loaded at all, whatever they are like.
void check_group(const TablesWork& work, const TableGroup& group, std::size_t table,
                 std::vector<Finding>& findings);

/// Takes out what a load of one table tells of its foreign keys: they are made when all tables are there.
void leave_keys_to_the_end(std::vector<std::string>& remarks);

}  // namespace leat::jobs_detail
