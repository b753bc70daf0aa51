#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What of the source's database a copy of these tables leaves out, with counts: what else their schemas
/// hold, what belongs to the tables and is not made, large objects. Not what `options` copy
/// along. Empty where there is nothing.
[[nodiscard]] std::string left_out_text(Connection& source, std::span<const TableName> tables,
                                        const CopyTablesOptions& options, const std::stop_token& stop);

}  // namespace leat::jobs_detail
