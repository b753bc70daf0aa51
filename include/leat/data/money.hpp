#pragma once

#include <compare>
#include <cstdint>

#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A money: an amount in the smallest unit of a currency. The value knows neither the currency nor how many
/// of these units make one unit of it. Both depend on lc_monetary of the session that prints or parses the
/// value.
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
