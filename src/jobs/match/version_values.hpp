#pragma once

#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "leat/postgres/catalog/type_info.hpp"

namespace leat::jobs_detail {

/// Whether some intervals of the first type's server are others, or none, on that of the second one, whose
/// version knows no infinite ones. False where a type is of no server.
[[nodiscard]] bool knows_more_intervals(const TypeInfo& first, const TypeInfo& second);

/// Whether the two servers print a "char" beyond ASCII alike.
[[nodiscard]] bool print_chars_alike(const TypeInfo& first, const TypeInfo& second);

/// Makes rows that go as text end the load where a "char" beyond ASCII would become a backslash, since the
/// target's server does not read what the source's writes. Adds to `findings` where that cannot be seen.
void guard_chars(ColumnMatch& match, const std::vector<SourceColumn>& columns, const TableInfo& target,
                 std::vector<Finding>& findings);

}  // namespace leat::jobs_detail
