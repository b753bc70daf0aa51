#include "leat/data/range.hpp"

#include "leat/data/multirange.hpp"

namespace leat::detail {

std::uint8_t take_range_flags(FieldReader& in) {
  constexpr int known =
      range_empty | range_lower_inclusive | range_upper_inclusive | range_no_lower | range_no_upper;
  const auto flags = in.integer<std::uint8_t>();
  if ((flags & ~known) != 0) in.fail("its flags are " + std::to_string(flags));
  return flags;
}

Oid guess_type(bool (*accepts)(Oid)) {
  for (const Oid first : {Oid{0}, oid::text}) {
    if (accepts(first)) return first;
  }
  for (const auto& [array, element] : oid::arrays) {
    if (accepts(element)) return element;
    if (accepts(array)) return array;
  }
  return oid::first_user_type;
}

std::int32_t multirange_count(std::size_t ranges) {
  constexpr std::size_t least_bytes = 5;
  if (ranges > FieldWriter::max_value_bytes / least_bytes) FieldWriter::fail_size(ranges * least_bytes);
  return static_cast<std::int32_t>(ranges);
}

}  // namespace leat::detail
