#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "jobs/match/column_match.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Asks the source's server, in the session's open transaction, whether it has a cast from its type into a
/// built-in one.
[[nodiscard]] KnowsCast casts_of(Connection& source, const std::stop_token& stop);

/// What a user can do about a column whose type does not go into the target's: an expression for `map` that
/// then does, as far as it is known, or leaving the column out. A cast is proposed only where there is one.
[[nodiscard]] std::string conversion_hint(const SourceColumn& source, const TableColumn& target,
                                          const KnowsCast& knows_cast);

/// The same of changing the type of the target's column, which is `column` of `table` in SQL; empty where no
/// cast is known.
[[nodiscard]] std::string alter_hint(const SourceColumn& source, const TableColumn& target,
                                     const std::string& table, const KnowsCast& knows_cast);

}  // namespace leat::jobs_detail
