#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// ANALYZE of a table whose rows are committed; adds to `notes` what came of it. Never throws for that.
void analyze(Connection& connection, const TableInfo& table, std::vector<std::string>& notes,
             const std::stop_token& stop);

}  // namespace leat::jobs_detail
