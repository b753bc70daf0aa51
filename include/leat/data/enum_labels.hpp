#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/codec_text.hpp"

namespace leat {

/// A value of a C++ enum, and its label in PostgreSQL.
template <typename E>
struct EnumLabel {
  E value;
  std::string_view label;
};

/// The labels of a C++ enum. If you specialise it, the enum becomes a field type that reads and writes
/// PostgreSQL's enums and text columns:
///
///     template <> struct leat::EnumLabels<Mood> {
///       static constexpr auto labels =
///           std::to_array<leat::EnumLabel<Mood>>({{Mood::glad, "glad"}, {Mood::so_so, "so, so"}});
///     };
template <typename E>
struct EnumLabels;

/// A C++ enum that has EnumLabels.
template <typename E>
concept LabelledEnum = std::is_enum_v<E> && requires {
  { EnumLabels<E>::labels[0].label } -> std::convertible_to<std::string_view>;
};

namespace detail {

[[noreturn]] LEAT_EXPORT void fail_enum_label(std::string_view label);
[[noreturn]] LEAT_EXPORT void fail_enum_value(std::int64_t value);

}  // namespace detail

/// enum: the characters of its label (enum_send). A label or a value that is missing in `labels` is an error.
/// The oid of an enum is not fixed, so every user-made type is accepted, and also text and varchar.
template <LabelledEnum E>
struct Codec<E> {
  static std::string name() { return "enum of EnumLabels"; }
  static bool accepts(Oid type) {
    return type >= oid::first_user_type || type == oid::text || type == oid::varchar;
  }
  static E decode(std::span<const std::byte> in, Oid type) {
    const std::string_view label = detail::decode_text(in, type);
    for (const EnumLabel<E>& known : EnumLabels<E>::labels) {
      if (known.label == label) return known.value;
    }
    detail::fail_enum_label(label);
  }
  static void encode(E value, Oid type, FieldWriter& out) {
    for (const EnumLabel<E>& known : EnumLabels<E>::labels) {
      if (known.value == value) return detail::encode_text(known.label, type, out);
    }
    detail::fail_enum_value(static_cast<std::int64_t>(value));
  }
};

}  // namespace leat
