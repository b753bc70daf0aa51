#pragma once

#include <string>
#include <vector>

#include "leat/data/detail/array_wire.hpp"

namespace leat {

/// One-dimensional arrays (array_send), and also int2vector and oidvector. If elements may be NULL, use
/// std::vector<std::optional<T>>. An array with more dimensions is an error: read it as MultiArray<T>.
///
/// The lower bound is not kept. Arrays are written with the lower bound 1, PostgreSQL's default; int2vector
/// and oidvector with 0, as they must. (PostgreSQL 15 does not accept an empty value of these two types,
/// although it sends them.)
///
/// Arrays of user-made types can be read but not written, since the oid of the element type is not known
/// here. Copy such a field raw, or read and write it as MultiArray<T>, which keeps that oid.
template <typename T>
requires NullableFieldType<T>
struct Codec<std::vector<T>> {
  using Elements = detail::ArrayElements<T>;

  static std::string name() { return "std::vector<" + Elements::name() + ">"; }
  static bool accepts(Oid type) { return Elements::accepts_array(type); }

  static std::vector<T> decode(std::span<const std::byte> in, Oid type) {
    FieldReader reader(in, "array");
    const detail::ArrayHeader header = detail::take_array_header(reader);
    if (header.dimension_count > 1) detail::fail_dimensions(header.dimension_count);
    return Elements::take(reader, header, type);
  }

  static void encode(const std::vector<T>& values, Oid type, FieldWriter& out) {
    const Oid element = oid::element_of(type);
    if (element == 0) detail::fail_unknown_element();
    detail::write_list_header(out, type, values.size(), Elements::has_nulls(values));
    Elements::put(out, values, element);
  }
};

}  // namespace leat
