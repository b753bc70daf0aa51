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

/// Notes in the target which of the tables that are to be made something will join when all are there, and
/// finds those of an earlier run that has not come so far. Where no record can be kept, nothing is noted.
void note_missing_tables(TablesWork& work, const std::stop_token& stop);

/// Notes the tables of a group that are made, in the transaction that makes them.
void note_made_tables(const TablesWork& work, const TableGroup& group, Connection& target,
                      const std::stop_token& stop);

/// What is made when the tables are there: the partitioned tables above them, and foreign keys. Returns what
/// to tell. Never fails, since the rows are committed.
[[nodiscard]] std::vector<std::string> join_made_tables(TablesWork& work, const std::stop_token& stop);

}  // namespace leat::jobs_detail
