#pragma once

#include <string>
#include <vector>

#include "leat/data/detail/array_wire.hpp"

namespace leat {

/// An array of any number of dimensions, up to six, with its lower bounds. T is a FieldType, or std::optional
/// of one where elements may be NULL. A value.
template <typename T>
struct MultiArray {
  /// Outermost first; none for an empty array.
  std::vector<ArrayDimension> dimensions{};
  /// As many as the sizes multiplied, the last subscript varying fastest: element [i][j] of n×m is i*m + j.
  std::vector<T> values{};
  /// The elements' type; decoding sets it. Writing uses it only for arrays of user-made types, whose columns
  /// do not tell it, and then it must be right: such oids differ between databases.
  Oid element_type = 0;

  friend bool operator==(const MultiArray&, const MultiArray&) = default;
};

/// Arrays (array_send): int32 dimensions, int32 1 if there are NULLs, element type's oid, for each dimension
/// int32 size and int32 lower bound, and each element as int32 length (-1 for NULL) and bytes.
template <typename T>
requires NullableFieldType<T>
struct Codec<MultiArray<T>> {
  using Elements = detail::ArrayElements<T>;

  static std::string name() { return "leat::MultiArray<" + Elements::name() + ">"; }
  static bool accepts(Oid type) { return Elements::accepts_array(type); }

  static MultiArray<T> decode(std::span<const std::byte> in, Oid type) {
    FieldReader reader(in, "array");
    const detail::ArrayHeader header = detail::take_array_header(reader);
    const auto shape = header.shape();
    return {.dimensions = {shape.begin(), shape.end()},
            .values = Elements::take(reader, header, type),
            .element_type = header.element};
  }

  static void encode(const MultiArray<T>& array, Oid type, FieldWriter& out) {
    const Oid known = oid::element_of(type);
    const Oid element = known != 0 ? known : array.element_type;
    if (element == 0) detail::fail_unknown_element();
    detail::write_array_header(out, element, array.dimensions, array.values.size(),
                               Elements::has_nulls(array.values));
    Elements::put(out, array.values, element);
  }
};

}  // namespace leat
