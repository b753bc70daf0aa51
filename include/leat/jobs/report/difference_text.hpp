#pragma once

#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat::jobs_detail {

/// The columns or the values of a key in one line: `a`, or `(a, b)`.
[[nodiscard]] LEAT_EXPORT std::string key_text(const std::vector<std::string>& parts);

}  // namespace leat::jobs_detail
