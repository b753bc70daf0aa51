#pragma once

#include <string>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// The error of a lock that was waited for too long, told with the tables that were to be locked if the
/// server does not say what it was; any other error as it is.
[[nodiscard]] Error with_locked_tables(const Error& error, const std::string& tables);

}  // namespace leat::jobs_detail
