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

/// A uuid: 16 bytes, in the server's sort order.
struct LEAT_EXPORT Uuid {
  std::array<std::byte, 16> bytes{};

  /// Parses the server's notation: 32 hexadecimal digits. A hyphen may follow any group of four digits, and
  /// braces may enclose it.
  /// @throws Error (transform) that quotes the text.
  [[nodiscard]] static Uuid parse(std::string_view text);

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", as the server prints it.
[[nodiscard]] LEAT_EXPORT std::string to_string(const Uuid& uuid);

/// uuid: its 16 bytes (uuid_send).
template <>
struct Codec<Uuid> {
  static std::string name() { return "leat::Uuid"; }
  static bool accepts(Oid type) { return type == oid::uuid; }
  static Uuid decode(std::span<const std::byte> in, Oid) {
    Uuid uuid;
    detail::expect_width(in, uuid.bytes.size());
    std::memcpy(uuid.bytes.data(), in.data(), uuid.bytes.size());
    return uuid;
  }
  static void encode(const Uuid& value, Oid, FieldWriter& out) { out.bytes(value.bytes); }
};

}  // namespace leat
