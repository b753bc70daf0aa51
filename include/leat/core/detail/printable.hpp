#pragma once

#include <string>
#include <string_view>

namespace leat::detail {

/// Makes foreign text safe for a terminal: control characters, which could control it, become '?'. Line
/// breaks and tabs stay.
[[nodiscard]] inline std::string printable(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto byte = static_cast<unsigned char>(out[i]);
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) out[i] = '?';
    // U+0080 to U+009F in UTF-8, of which some begin a terminal's commands.
    const auto next = i + 1 < out.size() ? static_cast<unsigned char>(out[i + 1]) : 0U;
    if (byte == 0xc2 && next >= 0x80 && next <= 0x9f) out.replace(i, 2, "?");
  }
  return out;
}

}  // namespace leat::detail
