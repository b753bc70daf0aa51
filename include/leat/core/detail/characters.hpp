#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace leat::detail {

/// True for a byte of UTF-8 at which a character begins.
[[nodiscard]] inline bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
}

/// How many characters of UTF-8 there are, as a server counts them.
[[nodiscard]] inline std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

}  // namespace leat::detail
