#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "jobs/tables/tables_work.hpp"

namespace leat::jobs_detail {

/// A table of the source above tables that are copied, which were made in the target.
struct ParentTable {
  ListedTable source{};
  TableName target{};
  bool is_made = false;  ///< by this run, or by one before it that has not come to its end
};

/// What was made of the partitioned tables above those that were copied.
struct MadeParents {
  std::vector<ParentTable> tables{};  ///< that the target has as partitioned tables now
  std::vector<std::string> remarks{};
};

/// Remarks on copied tables that were there before (not `is_made`), and are partitions in the source and none
/// in the target, with the statement that makes them such. The session with the source is in its transaction,
/// that with the target in none.
[[nodiscard]] std::vector<std::string> partitions_apart(const CopyTablesOptions& options, const TableSet& set,
                                                        const std::vector<bool>& is_copied,
                                                        const std::vector<bool>& is_made,
                                                        const JobSessions& pair, const std::stop_token& stop);

/// Makes the partitioned tables that are missing above the tables that this run has made, and makes these
/// their partitions, with the bounds of the source, in one transaction of the target. `is_made`: of each
/// table, whether this run has loaded it, and has made it or goes on with one that has. The session with the
/// source is in its transaction, that with the target in none. What the server refuses, remarks tell, with
/// the statement for later.
[[nodiscard]] MadeParents make_parents(const TablesWork& work, const std::vector<bool>& is_made,
                                       const JobSessions& pair, const std::stop_token& stop);

}  // namespace leat::jobs_detail
