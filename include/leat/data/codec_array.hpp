#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

namespace detail {

/// What stands before an array's elements.
struct ArrayHeader {
  Oid element = 0;
  std::size_t count = 0;
};

/// Reads the header and takes it off `in`, which then holds at least four bytes for each element.
/// @throws Error (transform) for more than one dimension or malformed bytes.
[[nodiscard]] ArrayHeader take_array_header(std::span<const std::byte>& in);
/// Takes one element's bytes off `in`, or nothing for a NULL.
[[nodiscard]] std::optional<std::span<const std::byte>> take_array_element(std::span<const std::byte>& in);
void expect_array_end(std::span<const std::byte> in);
void write_array_header(FieldWriter& out, ArrayHeader header, std::int32_t has_nulls);
/// @throws Error (transform) unless an array column of type `array` may hold elements of type `element`.
void check_array_element(Oid array, Oid element, bool accepted);
[[noreturn]] void fail_unknown_element();
[[noreturn]] void fail_null_element(const std::string& type);

}  // namespace detail

/// One-dimensional arrays; NULL elements need std::vector<std::optional<T>>. Bytes: int32 dimensions (0 for
/// an empty array, else 1), int32 1 if there are NULLs, element type's oid, then int32 count, int32 lower
/// bound, and each element as int32 length (-1 for NULL) and bytes (array_send). The lower bound is not kept:
/// arrays are written from 1 on, PostgreSQL's default. Arrays of user-made types can be read as text, not
/// written, for the element's oid is not known here: copy such a field raw.
template <typename T>
requires NullableFieldType<T>
struct Codec<std::vector<T>> {
  using Traits = detail::NullableTraits<T>;
  using ElementCodec = Codec<typename Traits::Value>;

  static std::string name() {
    const std::string element = ElementCodec::name();
    return Traits::optional ? "std::vector<std::optional<" + element + ">>" : "std::vector<" + element + ">";
  }

  static bool accepts(Oid type) {
    const Oid element = type >= oid::first_user_type ? type : oid::element_of(type);
    return element != 0 && ElementCodec::accepts(element);
  }

  static std::vector<T> decode(std::span<const std::byte> in, Oid type) {
    const detail::ArrayHeader header = detail::take_array_header(in);
    detail::check_array_element(type, header.element, ElementCodec::accepts(header.element));
    std::vector<T> values;
    values.reserve(header.count);
    for (std::size_t i = 0; i < header.count; ++i) {
      if (const auto element = detail::take_array_element(in)) {
        values.push_back(ElementCodec::decode(*element, header.element));
      } else if constexpr (Traits::optional) {
        values.push_back(std::nullopt);
      } else {
        detail::fail_null_element(ElementCodec::name());
      }
    }
    detail::expect_array_end(in);
    return values;
  }

  static void encode(const std::vector<T>& values, Oid type, FieldWriter& out) {
    const Oid element = oid::element_of(type);
    if (element == 0) detail::fail_unknown_element();
    std::int32_t has_nulls = 0;
    if constexpr (Traits::optional) {
      has_nulls = std::any_of(values.begin(), values.end(), [](const T& value) { return !value; }) ? 1 : 0;
    }
    detail::write_array_header(out, {element, values.size()}, has_nulls);
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

}  // namespace leat
