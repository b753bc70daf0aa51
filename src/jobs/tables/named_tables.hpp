#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "jobs/tables/table_set.hpp"
#include "jobs/tables/tables_work.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/report/job_report.hpp"

// Tables of a run that has a name: each is a job of its own, called "name/schema.table".
namespace leat::jobs_detail {

/// @throws Error (config) where options do not go together with a name.
void validate_named_tables(const CopyTablesOptions& options);
/// @throws Error (config) where the memory does not do.
void validate_memory_of_named(const CopyTablesOptions& options);

/// @throws Error (config) where the name leaves no room for the names of these tables.
void validate_job_names(const CopyTablesOptions& options, std::span<const TableName> sources);

/// The job of one of the tables.
[[nodiscard]] CopyTableOptions named_table(const CopyTablesOptions& options, const TableSelection& selection,
                                           const TableName& source);

/// What keeps the tables of a group from being loaded one after the other; nullopt where nothing does.
[[nodiscard]] std::optional<Finding> reason_not_to_part(const TableGroup& group, const TableSet& set,
                                                        const CopyTablesOptions& options);

/// What that job would do.
[[nodiscard]] JobPlan plan_named_table(CopyTableOptions table, const std::stop_token& stop);
/// Goes on with the table's job, or begins it, in the run's snapshot; where that is lost meanwhile, in one of
/// its own.
[[nodiscard]] JobReport run_named_table(const CopyTableOptions& table, const std::string& snapshot,
                                        const std::stop_token& stop);

/// Copies the tables of one group, one after the other, each as a job that has a name, and tells the board
/// what became of each.
void copy_named_group(TablesWork& work, const TableGroup& group, const std::stop_token& stop);

}  // namespace leat::jobs_detail
