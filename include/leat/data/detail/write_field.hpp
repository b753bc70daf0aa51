#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/data/codec_text.hpp"
#include "leat/data/field.hpp"
#include "leat/data/type_oids.hpp"

namespace leat::detail {

template <typename T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// A value from which a field may be written: a NullableFieldType, any integer, any text type, std::nullopt.
template <typename T>
concept Writable = NullableFieldType<T> || Integer<T> || std::convertible_to<const T&, std::string_view> ||
    std::same_as<T, std::nullopt_t>;

[[noreturn]] LEAT_EXPORT void fail_integer_range(const Column& column, const std::string& value);
[[noreturn]] LEAT_EXPORT void fail_encode(const Column& column, const std::string& cpp_type,
                                          const Error& cause);

template <typename To, Integer From>
void write_integer_as(const Column& column, From value, FieldWriter& out) {
  if (!std::in_range<To>(value)) [[unlikely]]
    fail_integer_range(column, std::to_string(value));
  out.integer(std::int32_t{sizeof(To)});
  out.integer(static_cast<To>(value));
}

template <typename T>
void write_with_codec(const Column& column, const T& value, FieldWriter& out) {
  if (!Codec<T>::accepts(column.type)) [[unlikely]]
    fail_field_type(column, Codec<T>::name());
  try {
    const std::size_t begin = out.begin_value();
    Codec<T>::encode(value, column.type, out);
    out.end_value(begin);
  } catch (const Error& error) {
    fail_encode(column, Codec<T>::name(), error);
  }
}

/// Writes the length and bytes of a field. An integer may be written to every integer column if it is in
/// range.
/// @throws Error (transform) that names the column and the C++ type if the value does not fit.
template <Writable T>
void write_field(const Column& column, const T& value, FieldWriter& out) {
  if constexpr (std::same_as<T, std::nullopt_t>) {
    out.null();
  } else if constexpr (NullableTraits<T>::optional) {
    using Value = typename NullableTraits<T>::Value;
    if (value) {
      write_field(column, *value, out);
    } else {
      const bool any_integer = Integer<Value> && (column.type == oid::int2 || column.type == oid::int4 ||
                                                  column.type == oid::int8);
      if (!any_integer && !Codec<Value>::accepts(column.type)) fail_field_type(column, Codec<Value>::name());
      out.null();
    }
  } else if constexpr (Integer<T>) {
    switch (column.type) {
      case oid::int2:
        return write_integer_as<std::int16_t>(column, value, out);
      case oid::int4:
        return write_integer_as<std::int32_t>(column, value, out);
      case oid::int8:
        return write_integer_as<std::int64_t>(column, value, out);
      default:
        if constexpr (FieldType<T>) {
          write_with_codec(column, value, out);
        } else {
          fail_field_type(column, "(C++) integer");
        }
    }
  } else if constexpr (FieldType<T>) {
    write_with_codec(column, value, out);
  } else {
    write_with_codec<std::string_view>(column, value, out);
  }
}

}  // namespace leat::detail
