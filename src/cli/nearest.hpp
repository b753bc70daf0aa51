#pragma once

#include <string>
#include <string_view>

#include "leat/core/detail/nearest.hpp"

namespace leat::cli {

using detail::any_of;
using detail::did_you_mean;
using detail::nearest;

/// A value for a message: without the secrets of a connection, shortened if it is long, in double quotes.
[[nodiscard]] std::string shown(std::string_view value);

}  // namespace leat::cli
