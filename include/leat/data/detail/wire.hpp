#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace leat::detail {

template <std::integral I>
[[nodiscard]] inline I network_order(I value) noexcept {
  if constexpr (std::endian::native == std::endian::big || sizeof(I) == 1) {
    return value;
  } else if constexpr (sizeof(I) == 2) {
    return static_cast<I>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  } else if constexpr (sizeof(I) == 4) {
    return static_cast<I>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  } else {
    static_assert(sizeof(I) == 8);
    return static_cast<I>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
  }
}

/// Reads an integer in network order. `from` must hold sizeof(I) bytes.
template <std::integral I>
[[nodiscard]] inline I load(const std::byte* from) noexcept {
  I value;
  std::memcpy(&value, from, sizeof value);
  return network_order(value);
}

/// Writes an integer in network order. `to` must hold sizeof(I) bytes.
template <std::integral I>
inline void store(std::byte* to, std::type_identity_t<I> value) noexcept {
  const I ordered = network_order(value);
  std::memcpy(to, &ordered, sizeof ordered);
}

}  // namespace leat::detail
