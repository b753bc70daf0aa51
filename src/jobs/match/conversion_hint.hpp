#pragma once

#include <string>

#include "jobs/match/column_match.hpp"

namespace leat::jobs_detail {

/// What a user can do about a column whose type does not go into the target's: an expression for `map` that
/// then does, as far as it is known, or leaving the column out.
[[nodiscard]] std::string conversion_hint(const SourceColumn& source, const TableColumn& target);

}  // namespace leat::jobs_detail
