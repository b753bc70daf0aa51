#pragma once

#include <compare>
#include <cstdint>

#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A money: an amount in the currency's smallest unit. How many of these make one of the currency, and which
/// currency it is, the value does not tell: that is lc_monetary's of the session that prints or parses it.
struct Money {
  std::int64_t minor_units = 0;
  friend auto operator<=>(const Money&, const Money&) = default;
};

/// money: int64 (cash_send in src/backend/utils/adt/cash.c).
template <>
struct Codec<Money> {
  static std::string name() { return "leat::Money"; }
  static bool accepts(Oid type) { return type == oid::money; }
  static Money decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 8);
    return {detail::load<std::int64_t>(in.data())};
  }
  static void encode(Money value, Oid, FieldWriter& out) { out.integer(value.minor_units); }
};

}  // namespace leat
