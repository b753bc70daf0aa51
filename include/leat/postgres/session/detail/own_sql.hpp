#pragma once

#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::postgres_detail {

/// An error that the server has found in `statement`, told as one of the user's own SQL that stands on lines
/// of its own in it, once or several times: with the position there. What the server says of leat's words
/// behind SQL that breaks off is said of its end instead.
[[nodiscard]] LEAT_EXPORT Error in_own_sql(const Error& error, std::string_view statement,
                                           const std::string& own_sql);

/// An error of `query` in which these texts stand for its parameters (ParameterizedSql::with), told as one of
/// the SQL that it was parsed from, of which `own_sql` begins with all.
[[nodiscard]] LEAT_EXPORT Error in_own_query(const Error& error, const ParameterizedSql& query,
                                             std::span<const std::string> texts, const std::string& own_sql);

}  // namespace leat::postgres_detail
