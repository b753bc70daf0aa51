#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

enum class IpFamily : std::uint8_t {
  v4,
  v6,
};

/// An inet: an address, and the number of leading bits that form its network. A value.
struct LEAT_EXPORT Inet {
  IpFamily family = IpFamily::v4;
  /// 0 to 32 (IPv4) or 128 (IPv6).
  std::uint8_t prefix = 32;
  /// IPv4 uses the first four bytes, IPv6 all of them; the others are zero.
  std::array<std::byte, 16> bytes{};

  /// Parses a complete address with or without a prefix: "10.0.0.1/8", "::1".
  /// @throws Error (transform) that quotes the text.
  [[nodiscard]] static Inet parse(std::string_view text);

  /// The address: 4 or 16 bytes.
  [[nodiscard]] std::span<const std::byte> address() const noexcept {
    return std::span(bytes).first(family == IpFamily::v4 ? 4 : 16);
  }
  friend bool operator==(const Inet&, const Inet&) = default;
};

/// A cidr: a network. Its address has no bits set beyond its prefix. A value.
struct LEAT_EXPORT Cidr {
  Inet network{.prefix = 0};

  /// Parses what Inet::parse() accepts, but not the server's shorter forms such as "10/8".
  /// @throws Error (transform) that quotes the text, also if bits beyond the prefix are set.
  [[nodiscard]] static Cidr parse(std::string_view text);

  friend bool operator==(const Cidr&, const Cidr&) = default;
};

/// The server's notation: without the prefix if it covers the whole address.
[[nodiscard]] LEAT_EXPORT std::string to_string(const Inet& inet);
/// The server's notation: always with the prefix.
[[nodiscard]] LEAT_EXPORT std::string to_string(const Cidr& cidr);

namespace detail {

[[nodiscard]] LEAT_EXPORT Inet decode_inet(std::span<const std::byte> in, Oid type);
LEAT_EXPORT void encode_inet(const Inet& value, Oid type, FieldWriter& out);

}  // namespace detail

/// inet: uint8 family (2 for IPv4, 3 for IPv6), uint8 prefix, uint8 0, uint8 4 or 16, and as many bytes
/// (inet_send in src/backend/utils/adt/network.c).
template <>
struct Codec<Inet> {
  static std::string name() { return "leat::Inet"; }
  static bool accepts(Oid type) { return type == oid::inet; }
  static Inet decode(std::span<const std::byte> in, Oid type) { return detail::decode_inet(in, type); }
  static void encode(const Inet& value, Oid type, FieldWriter& out) { detail::encode_inet(value, type, out); }
};

/// cidr: the same with 1 as the third byte (cidr_send).
template <>
struct Codec<Cidr> {
  static std::string name() { return "leat::Cidr"; }
  static bool accepts(Oid type) { return type == oid::cidr; }
  static Cidr decode(std::span<const std::byte> in, Oid type) { return {detail::decode_inet(in, type)}; }
  static void encode(const Cidr& value, Oid type, FieldWriter& out) {
    detail::encode_inet(value.network, type, out);
  }
};

}  // namespace leat
