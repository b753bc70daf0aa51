#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/field_reader.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A range of T. T must match the bounds of the range type: an int4range is a Range<std::int32_t>, a
/// tstzrange a Range<TimestampTz>. The default is the range that contains everything. A value.
///
/// The server prints ranges of int4, int8 and date with the lower bound included and the upper bound
/// excluded, and brings the ranges that it receives into that form. It refuses a lower bound above the upper
/// bound.
template <typename T>
struct Range {
  /// nullopt: no bound on this side.
  std::optional<T> lower{};
  std::optional<T> upper{};
  /// Whether the bound belongs to the range; without meaning if there is no bound.
  bool lower_inclusive = true;
  bool upper_inclusive = false;
  /// Contains nothing; the other members have no meaning then.
  bool empty = false;

  friend bool operator==(const Range& a, const Range& b) {
    if (a.empty || b.empty) return a.empty == b.empty;
    return a.lower == b.lower && a.upper == b.upper && (!a.lower || a.lower_inclusive == b.lower_inclusive) &&
           (!a.upper || a.upper_inclusive == b.upper_inclusive);
  }
};

namespace detail {

// The bits of a range's first byte: src/include/utils/rangetypes.h of PostgreSQL.
enum RangeFlags : std::uint8_t {
  range_empty = 0x01,
  range_lower_inclusive = 0x02,
  range_upper_inclusive = 0x04,
  range_no_lower = 0x08,
  range_no_upper = 0x10,
};

/// @throws Error (transform) for flags that do not exist.
[[nodiscard]] LEAT_EXPORT std::uint8_t take_range_flags(FieldReader& in);
/// The first built-in type that `accepts` takes, otherwise a user-made type. It is passed to a codec if the
/// true type is not known.
[[nodiscard]] LEAT_EXPORT Oid guess_type(bool (*accepts)(Oid));

/// The type of the bounds of `range`. The bytes of a user-made range do not contain it, so it is a type that
/// T reads.
template <typename T>
[[nodiscard]] Oid bound_type(Oid range) {
  if (const Oid known = oid::bound_of(range); known != 0) return known;
  static const Oid guessed = guess_type(&Codec<T>::accepts);
  return guessed;
}

}  // namespace detail

/// Ranges: uint8 flags, then the lower and the upper bound, if they exist, each as int32 length and bytes
/// (range_send in src/backend/utils/adt/rangetypes.c). For user-made ranges neither the oid nor the type of
/// the bounds is known here: every user-made type is accepted, and the caller must choose the right T.
template <FieldType T>
struct Codec<Range<T>> {
  static std::string name() { return "leat::Range<" + Codec<T>::name() + ">"; }
  static bool accepts(Oid type) {
    if (type >= oid::first_user_type) return true;
    const Oid bound = oid::bound_of(type);
    return bound != 0 && Codec<T>::accepts(bound);
  }

  static Range<T> decode(std::span<const std::byte> in, Oid type) {
    const Oid bound = detail::bound_type<T>(type);
    FieldReader reader(in, "range");
    const std::uint8_t flags = detail::take_range_flags(reader);
    Range<T> range;
    range.empty = (flags & detail::range_empty) != 0;
    if (!range.empty && (flags & detail::range_no_lower) == 0) {
      range.lower = Codec<T>::decode(reader.required_value(), bound);
      range.lower_inclusive = (flags & detail::range_lower_inclusive) != 0;
    }
    if (!range.empty && (flags & detail::range_no_upper) == 0) {
      range.upper = Codec<T>::decode(reader.required_value(), bound);
      range.upper_inclusive = (flags & detail::range_upper_inclusive) != 0;
    }
    reader.end();
    return range;
  }

  static void encode(const Range<T>& range, Oid type, FieldWriter& out) {
    if (range.empty) return out.integer(std::uint8_t{detail::range_empty});
    const int lower_flag = !range.lower            ? detail::range_no_lower
                           : range.lower_inclusive ? detail::range_lower_inclusive
                                                   : 0;
    const int upper_flag = !range.upper            ? detail::range_no_upper
                           : range.upper_inclusive ? detail::range_upper_inclusive
                                                   : 0;
    out.integer(static_cast<std::uint8_t>(lower_flag | upper_flag));
    for (const std::optional<T>* bound : {&range.lower, &range.upper}) {
      if (!*bound) continue;
      const std::size_t begin = out.begin_value();
      Codec<T>::encode(**bound, detail::bound_type<T>(type), out);
      out.end_value(begin);
    }
  }
};

}  // namespace leat
