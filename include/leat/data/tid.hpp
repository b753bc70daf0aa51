#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A tid: the position of a row version in its table, as in ctid.
struct Tid {
  std::uint32_t block = 0;
  std::uint16_t offset = 0;
  friend auto operator<=>(const Tid&, const Tid&) = default;
};

/// "(0,1)", as the server prints it.
[[nodiscard]] inline std::string to_string(const Tid& tid) {
  return "(" + std::to_string(tid.block) + "," + std::to_string(tid.offset) + ")";
}

/// tid: int32 block, int16 offset, both without a sign (tidsend in src/backend/utils/adt/tid.c).
template <>
struct Codec<Tid> {
  static std::string name() { return "leat::Tid"; }
  static bool accepts(Oid type) { return type == oid::tid; }
  static Tid decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 6);
    return {detail::load<std::uint32_t>(in.data()), detail::load<std::uint16_t>(in.data() + 4)};
  }
  static void encode(const Tid& value, Oid, FieldWriter& out) {
    out.integer(value.block);
    out.integer(value.offset);
  }
};

}  // namespace leat
