#pragma once

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// An error that a row has made, with what a user can do about the row; any other as it is.
[[nodiscard]] Error with_way_out(const Error& error);

}  // namespace leat::jobs_detail
