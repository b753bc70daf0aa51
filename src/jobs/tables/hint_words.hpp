#pragma once

#include <string>

#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {

/// A hint for the job of one table, in the options of a job of many: `table` is the one that it is of. An
/// option that only the job of one table has is told as such: "copy-table --where".
[[nodiscard]] std::string hint_of_tables(std::string hint, const TableName& table);

}  // namespace leat::jobs_detail
