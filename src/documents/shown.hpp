#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace leat::documents_detail {

/// A value for a message, on one line: shortened if it is long, in double quotes, without what looks like a
/// password.
[[nodiscard]] std::string shown(std::string_view value);

/// "a, b or c".
[[nodiscard]] std::string any_of(std::span<const std::string> words);

}  // namespace leat::documents_detail
