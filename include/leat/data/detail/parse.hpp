#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat::detail {

/// The value of a hexadecimal digit in upper or lower case, or -1.
[[nodiscard]] constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Removes two hexadecimal digits from the front of `text` and returns them as a byte. Without two digits:
/// -1, and `text` is unchanged.
[[nodiscard]] inline int take_hex_byte(std::string_view& text) noexcept {
  if (text.size() < 2) return -1;
  const int high = hex_value(text[0]);
  const int low = hex_value(text[1]);
  if (high < 0 || low < 0) return -1;
  text.remove_prefix(2);
  return high * 16 + low;
}

inline void append_hex(std::string& text, std::byte byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  text.push_back(digits[std::to_integer<unsigned>(byte) >> 4U]);
  text.push_back(digits[std::to_integer<unsigned>(byte) & 15U]);
}

/// Ends a parse() with an Error (transform): `not <what>: "<text>"`, `what` with its article.
[[noreturn]] LEAT_EXPORT void fail_parse(const char* what, std::string_view text);

}  // namespace leat::detail
