#pragma once

#include <string>
#include <vector>

#include "leat/data/detail/array_wire.hpp"

namespace leat {

/// An array of up to six dimensions, with its lower bounds. T is a FieldType, or std::optional of one if
/// elements may be NULL. A value.
template <typename T>
struct MultiArray {
  /// The outermost dimension first; empty for an empty array.
  std::vector<ArrayDimension> dimensions{};
  /// The elements; their number is the product of all sizes. The last subscript varies fastest: element
  /// [i][j] of an n×m array is i*m + j.
  std::vector<T> values{};
  /// The oid of the element type; decoding sets it. Writing uses it only for arrays of user-made types, whose
  /// columns do not determine the element type. It must be right then: such oids differ between databases.
  Oid element_type = 0;

  friend bool operator==(const MultiArray&, const MultiArray&) = default;
};

/// Arrays (array_send): int32 number of dimensions, int32 1 if there are NULLs, oid of the element type; for
/// each dimension int32 size and int32 lower bound; each element as int32 length (-1 for NULL) and bytes.
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
