#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "leat/postgres/catalog/table_list.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// The partitioned tables above these tables, which are made with them where they are missing.
[[nodiscard]] std::vector<ListedTable> tables_above(Connection& source, std::span<const ListedTable> tables,
                                                    const std::stop_token& stop);

}  // namespace leat::jobs_detail
