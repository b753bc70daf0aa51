#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "jobs/tables/tables_work.hpp"

// What is made around the tables of a run that makes tables.
namespace leat::jobs_detail {

/// Whether tables of several of the source's schemas are made in one of the target's.
[[nodiscard]] bool makes_names_of_several_schemas(const TableSet& set, CreateTarget create);

/// Makes the schemas that tables to be made need, each in a transaction of its own. Returns what to tell.
[[nodiscard]] std::vector<std::string> make_schemas(TablesWork& work, const std::stop_token& stop);

/// What is made when the tables are there: the partitioned tables above them, and foreign keys. Returns what
/// to tell. Never fails, since the rows are committed.
[[nodiscard]] std::vector<std::string> join_made_tables(TablesWork& work, const std::stop_token& stop);

}  // namespace leat::jobs_detail
