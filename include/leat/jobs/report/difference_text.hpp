#pragma once

#include <string>
#include <vector>

namespace leat::jobs_detail {

/// A key's columns, or its values, in a line: a, or (a, b).
[[nodiscard]] std::string key_text(const std::vector<std::string>& parts);

}  // namespace leat::jobs_detail
