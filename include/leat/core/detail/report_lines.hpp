#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leat::detail {

/// "1,234,567"
[[nodiscard]] inline std::string with_thousands(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) {
    i -= 3;
    text.insert(i, ",");
  }
  return text;
}

/// "1 field", "1,234 fields" of "field"
[[nodiscard]] inline std::string counted(std::uint64_t number, std::string_view one) {
  return with_thousands(number).append(" ").append(one).append(number == 1 ? "" : "s");
}

/// "1 row", "1,234 rows"
[[nodiscard]] inline std::string rows_text(std::uint64_t rows) {
  return counted(rows, "row");
}

/// Adds "name: text" and a line break, where there is a text.
inline void add_line(std::string& out, const char* name, std::string_view text) {
  if (!text.empty()) out.append(name).append(": ").append(text).append("\n");
}

}  // namespace leat::detail
