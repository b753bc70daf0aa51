#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A macaddr: six bytes, in the server's sort order.
struct LEAT_EXPORT MacAddress {
  std::array<std::byte, 6> bytes{};

  /// Parses twelve hexadecimal digits. ':', '-' or '.' may separate two bytes, the same everywhere.
  /// @throws Error (transform) that quotes the text.
  [[nodiscard]] static MacAddress parse(std::string_view text);

  friend auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// A macaddr8: eight bytes, in the server's sort order.
struct LEAT_EXPORT MacAddress8 {
  std::array<std::byte, 8> bytes{};

  /// Parses sixteen hexadecimal digits, as MacAddress::parse() does.
  /// @throws Error (transform) that quotes the text.
  [[nodiscard]] static MacAddress8 parse(std::string_view text);

  friend auto operator<=>(const MacAddress8&, const MacAddress8&) = default;
};

/// "08:00:2b:01:02:03", as the server prints it.
[[nodiscard]] LEAT_EXPORT std::string to_string(const MacAddress& address);
[[nodiscard]] LEAT_EXPORT std::string to_string(const MacAddress8& address);

namespace detail {

template <typename Address, Oid type_oid>
struct MacAddressCodec {
  static bool accepts(Oid type) { return type == type_oid; }
  static Address decode(std::span<const std::byte> in, Oid) {
    Address address;
    expect_width(in, address.bytes.size());
    std::memcpy(address.bytes.data(), in.data(), address.bytes.size());
    return address;
  }
  static void encode(const Address& value, Oid, FieldWriter& out) { out.bytes(value.bytes); }
};

}  // namespace detail

/// macaddr: its six bytes (macaddr_send in src/backend/utils/adt/mac.c).
template <>
struct Codec<MacAddress> : detail::MacAddressCodec<MacAddress, oid::macaddr> {
  static std::string name() { return "leat::MacAddress"; }
};

/// macaddr8: its eight bytes (macaddr8_send in src/backend/utils/adt/mac8.c).
template <>
struct Codec<MacAddress8> : detail::MacAddressCodec<MacAddress8, oid::macaddr8> {
  static std::string name() { return "leat::MacAddress8"; }
};

}  // namespace leat
