#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/range.hpp"

namespace leat {

/// A multirange (PostgreSQL 14 and later): a list of Range<T>. The server keeps the ranges in order, with
/// gaps between them and without empty ranges. It brings the ranges that it receives into that form. A value.
template <typename T>
struct MultiRange {
  std::vector<Range<T>> ranges{};
  friend bool operator==(const MultiRange&, const MultiRange&) = default;
};

namespace detail {

/// @throws Error (transform) for more ranges than a value can hold.
[[nodiscard]] LEAT_EXPORT std::int32_t multirange_count(std::size_t ranges);

/// The type of the ranges in `multirange`. For a user-made multirange it is any user-made type, since the
/// bytes do not contain it.
[[nodiscard]] constexpr Oid range_type(Oid multirange) noexcept {
  const Oid known = oid::bound_of(multirange);
  return known != 0 ? known : oid::first_user_type;
}

}  // namespace detail

/// Multiranges: int32 count, then each range as int32 length and bytes (multirange_send in
/// src/backend/utils/adt/multirangetypes.c). Every user-made type is accepted, as in Codec<Range<T>>.
template <FieldType T>
struct Codec<MultiRange<T>> {
  static std::string name() { return "leat::MultiRange<" + Codec<T>::name() + ">"; }
  static bool accepts(Oid type) {
    if (type >= oid::first_user_type) return true;
    const Oid range = oid::bound_of(type);
    return range != 0 && Codec<Range<T>>::accepts(range);
  }

  static MultiRange<T> decode(std::span<const std::byte> in, Oid type) {
    const Oid range_type = detail::range_type(type);
    FieldReader reader(in, "multirange");
    MultiRange<T> multirange;
    const std::size_t count = reader.count(5);  // a length and flags
    multirange.ranges.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      multirange.ranges.push_back(Codec<Range<T>>::decode(reader.required_value(), range_type));
    }
    reader.end();
    return multirange;
  }

  static void encode(const MultiRange<T>& multirange, Oid type, FieldWriter& out) {
    out.integer(detail::multirange_count(multirange.ranges.size()));
    for (const Range<T>& range : multirange.ranges) {
      const std::size_t begin = out.begin_value();
      Codec<Range<T>>::encode(range, detail::range_type(type), out);
      out.end_value(begin);
    }
  }
};

}  // namespace leat
