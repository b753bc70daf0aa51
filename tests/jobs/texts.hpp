#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace leat::test {

[[nodiscard]] inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether one of them contains that.
[[nodiscard]] inline bool has_line(const std::vector<std::string>& lines, std::string_view part) {
  return std::any_of(lines.begin(), lines.end(),
                     [part](const std::string& line) { return contains(line, part); });
}

}  // namespace leat::test
