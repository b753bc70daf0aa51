#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A pg_lsn: a position in the write-ahead log, in bytes.
struct LEAT_EXPORT Lsn {
  std::uint64_t position = 0;

  /// Parses the server's notation: "16/B374D848", with one to eight hexadecimal digits on both sides.
  /// @throws Error (transform) that quotes the text.
  [[nodiscard]] static Lsn parse(std::string_view text);

  friend auto operator<=>(const Lsn&, const Lsn&) = default;
};

/// "16/B374D848", as the server prints it.
[[nodiscard]] LEAT_EXPORT std::string to_string(Lsn lsn);

/// pg_lsn: int64 without a sign (pg_lsn_send in src/backend/utils/adt/pg_lsn.c).
template <>
struct Codec<Lsn> {
  static std::string name() { return "leat::Lsn"; }
  static bool accepts(Oid type) { return type == oid::pg_lsn; }
  static Lsn decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 8);
    return {detail::load<std::uint64_t>(in.data())};
  }
  static void encode(Lsn value, Oid, FieldWriter& out) { out.integer(value.position); }
};

}  // namespace leat
