#pragma once

#include <string>
#include <string_view>

namespace leat::documents_detail {

/// A value for a message, on one line: shortened if it is long, in double quotes, without what looks like a
/// password.
[[nodiscard]] std::string shown(std::string_view value);

}  // namespace leat::documents_detail
