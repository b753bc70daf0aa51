#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leat::detail {

/// The line of SQL with the character at `position`, which is counted from 1, and a caret under it: two
/// lines. Of a long line what stands around it. Empty where the position is not known.
[[nodiscard]] std::string sql_place_text(std::string_view sql, std::size_t position);

}  // namespace leat::detail
