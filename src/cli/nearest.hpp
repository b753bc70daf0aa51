#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/nearest.hpp"

namespace leat::cli {

using detail::did_you_mean;
using detail::nearest;

/// A value for a message: without the secrets of a connection, shortened if it is long, in double quotes.
[[nodiscard]] std::string shown(std::string_view value);

/// "a, b or c".
[[nodiscard]] std::string any_of(std::span<const std::string> words);

}  // namespace leat::cli
