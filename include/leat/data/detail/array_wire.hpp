#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/array_dimension.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/field_reader.hpp"
#include "leat/data/type_oids.hpp"

// What stands in an array (array_send in src/backend/utils/adt/arrayfuncs.c):
//   int32 dimensions, int32 1 if there are NULLs, element type's oid,
//   per dimension: int32 size, int32 lower bound
//   per element, the last subscript varying fastest: int32 length (-1 for NULL), bytes

namespace leat::detail {

constexpr std::size_t max_dimensions = 6;  // MAXDIM of PostgreSQL

/// The header of an array, before its elements.
struct ArrayHeader {
  Oid element = 0;
  std::size_t dimension_count = 0;
  std::array<ArrayDimension, max_dimensions> dimensions{};
  std::size_t count = 0;  // of elements

  [[nodiscard]] std::span<const ArrayDimension> shape() const { return {dimensions.data(), dimension_count}; }
};

/// Reads the header of an array. Checks that at least four bytes for each element follow it.
/// @throws Error (transform) for malformed bytes.
[[nodiscard]] LEAT_EXPORT ArrayHeader take_array_header(FieldReader& in);
/// @throws Error (transform) if dimensions and count do not match each other, or exceed PostgreSQL's limits.
LEAT_EXPORT void write_array_header(FieldWriter& out, Oid element, std::span<const ArrayDimension> shape,
                                    std::size_t count, std::int32_t has_nulls);
/// The header of a one-dimensional array of type `array`, which must be a built-in one.
LEAT_EXPORT void write_list_header(FieldWriter& out, Oid array, std::size_t count, std::int32_t has_nulls);
/// @throws Error (transform) unless an array column of type `array` may hold elements of type `element`.
LEAT_EXPORT void check_array_element(Oid array, Oid element, bool accepted);
[[noreturn]] LEAT_EXPORT void fail_dimensions(std::size_t found);
[[noreturn]] LEAT_EXPORT void fail_unknown_element();
[[noreturn]] LEAT_EXPORT void fail_null_element(const std::string& type);

/// The elements of an array as T: a FieldType or std::optional of one.
template <typename T>
struct ArrayElements {
  using Traits = NullableTraits<T>;
  using ElementCodec = Codec<typename Traits::Value>;

  static std::string name() {
    return Traits::optional ? "std::optional<" + ElementCodec::name() + ">" : ElementCodec::name();
  }

  static bool accepts_array(Oid array) {
    const Oid element = array >= oid::first_user_type ? array : oid::element_of(array);
    return element != 0 && ElementCodec::accepts(element);
  }

  static std::vector<T> take(FieldReader& in, const ArrayHeader& header, Oid array) {
    check_array_element(array, header.element, ElementCodec::accepts(header.element));
    std::vector<T> values;
    values.reserve(header.count);
    for (std::size_t i = 0; i < header.count; ++i) {
      if (const auto element = in.value()) {
        values.push_back(ElementCodec::decode(*element, header.element));
      } else if constexpr (Traits::optional) {
        values.push_back(std::nullopt);
      } else {
        fail_null_element(ElementCodec::name());
      }
    }
    in.end();
    return values;
  }

  static std::int32_t has_nulls(const std::vector<T>& values) {
    if constexpr (Traits::optional) {
      return std::any_of(values.begin(), values.end(), [](const T& value) { return !value; }) ? 1 : 0;
    } else {
      static_cast<void>(values);
      return 0;
    }
  }

  static void put(FieldWriter& out, const std::vector<T>& values, Oid element) {
    for (const auto& value : values) {
      if constexpr (Traits::optional) {
        if (!value) {
          out.null();
          continue;
        }
      }
      const std::size_t begin = out.begin_value();
      if constexpr (Traits::optional) {
        ElementCodec::encode(*value, element, out);
      } else {
        ElementCodec::encode(value, element, out);
      }
      out.end_value(begin);
    }
  }
};

}  // namespace leat::detail
