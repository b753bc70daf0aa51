#pragma once

#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {

/// A hint of the job of one table, in the options of a job of many: `table` is the one that it is of. A field
/// that only the options of one table have is told as such: "CopyTable .where". `job_of_one`: what to write
/// before it. A pure function.
[[nodiscard]] LEAT_EXPORT std::string hint_of_tables(std::string hint, const TableName& table,
                                                     std::string_view job_of_one = "CopyTable");

}  // namespace leat::jobs_detail
