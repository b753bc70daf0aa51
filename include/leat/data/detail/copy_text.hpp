#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace leat::detail {

/// Whether one of the bytes of a word is 0x00, by the usual test: it borrows from the bit above.
[[nodiscard]] inline bool has_zero_byte(std::uint64_t word) noexcept {
  return ((word - 0x0101010101010101U) & ~word & 0x8080808080808080U) != 0;
}

/// Copies a text to `to`, where there is room for it. False if it holds a 0x00. Short texts are copied and
/// looked at without a call, by words that may overlap.
[[nodiscard, gnu::always_inline]] inline bool copy_text(std::byte* to, std::string_view text) noexcept {
  const auto by = [&]<class Word>(Word first, Word last) __attribute__((always_inline)) {
    const std::size_t rest = text.size() - sizeof(Word);
    std::memcpy(&first, text.data(), sizeof(Word));
    std::memcpy(&last, text.data() + rest, sizeof(Word));
    std::memcpy(to, &first, sizeof(Word));
    std::memcpy(to + rest, &last, sizeof(Word));
    constexpr std::uint64_t above = sizeof(Word) == sizeof(std::uint32_t) ? ~std::uint64_t{0} << 32U : 0;
    return !has_zero_byte(first | above) && !has_zero_byte(last | above);
  };
  if (text.size() > 2 * sizeof(std::uint64_t)) {
    std::memcpy(to, text.data(), text.size());
    return std::memchr(text.data(), 0, text.size()) == nullptr;
  }
  if (text.size() >= sizeof(std::uint64_t)) return by(std::uint64_t{}, std::uint64_t{});
  if (text.size() >= sizeof(std::uint32_t)) return by(std::uint32_t{}, std::uint32_t{});
  bool is_text = true;
  for (const char c : text) {
    is_text = is_text && c != 0;
    *to++ = static_cast<std::byte>(c);
  }
  return is_text;
}

}  // namespace leat::detail
