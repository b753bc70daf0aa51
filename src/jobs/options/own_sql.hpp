#pragma once

#include <string>
#include <string_view>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// An error that the server has found in `statement`, told as one of the user's own SQL that stands on lines
/// of its own in it, once or several times: with the position there. What the server says of leat's words
/// behind SQL that breaks off is said of its end instead.
[[nodiscard]] Error in_own_sql(const Error& error, std::string_view statement, const std::string& own_sql);

/// An error of a query without its named parameters (parse_named_parameters), told as one of the query that
/// they were in.
[[nodiscard]] Error in_own_query(const Error& error, std::string_view numbered, const std::string& own_sql);

}  // namespace leat::jobs_detail
