#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/store/finding.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Makes the table of rejected rows where it is missing, in the transaction that is open, and makes sure that
/// it takes them; what stands against that is added to `findings`. `target` is what is loaded.
void prepare_reject_table(Connection& connection, const TableName& name, const TableInfo& target,
                          std::span<const TableColumn> columns, std::vector<Finding>& findings,
                          const std::stop_token& stop);

/// INSERT of one row; its parameters are reject_fields().
[[nodiscard]] std::string insert_reject_sql(const TableName& name, std::span<const TableColumn> columns);

/// INSERT of all rows that a job's current run has kept in the ledger; $1 is the job's name.
[[nodiscard]] std::string insert_kept_rejects_sql(const TableName& name,
                                                  std::span<const TableColumn> columns);

}  // namespace leat::jobs_detail
