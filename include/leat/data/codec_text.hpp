#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A json value: its text, not parsed.
struct Json {
  std::string text;
  friend bool operator==(const Json&, const Json&) = default;
};

/// A jsonb value: its text, not parsed. The server prints it in a normal form of its own.
struct Jsonb {
  std::string text;
  friend bool operator==(const Jsonb&, const Jsonb&) = default;
};

namespace detail {

/// The text of a value of `type`, borrowed from `in`. The version byte of jsonb and jsonpath is checked and
/// left out.
[[nodiscard]] LEAT_EXPORT std::string_view decode_text(std::span<const std::byte> in, Oid type);
LEAT_EXPORT void encode_text(std::string_view text, Oid type, FieldWriter& out);

[[nodiscard]] constexpr bool is_text_type(Oid type) noexcept {
  switch (type) {
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::json:
    case oid::jsonb:
    case oid::jsonpath:
    case oid::refcursor:
    case oid::xml:
      return true;
    default:
      return type >= oid::first_user_type;
  }
}

}  // namespace detail

/// text, varchar, char(n), name, json, jsonb, jsonpath, xml and refcursor: the characters in the session's
/// client encoding (textsend; jsonb_send and jsonpath_send put the version byte 1 before them). Borrows from
/// the row.
///
/// Also accepts every user-made type, for those whose binary form is their text: enums, citext and the like.
/// A value of such a type that holds a 0x00 is refused, since it is not text. Writing text that holds a 0x00
/// is an error, and so is writing a name longer than 63 bytes.
template <>
struct Codec<std::string_view> {
  static std::string name() { return "std::string_view"; }
  static bool accepts(Oid type) { return detail::is_text_type(type); }
  static std::string_view decode(std::span<const std::byte> in, Oid type) {
    return detail::decode_text(in, type);
  }
  static void encode(std::string_view value, Oid type, FieldWriter& out) {
    detail::encode_text(value, type, out);
  }
};

/// The same as a copy.
template <>
struct Codec<std::string> {
  static std::string name() { return "std::string"; }
  static bool accepts(Oid type) { return detail::is_text_type(type); }
  static std::string decode(std::span<const std::byte> in, Oid type) {
    return std::string(detail::decode_text(in, type));
  }
  static void encode(std::string_view value, Oid type, FieldWriter& out) {
    detail::encode_text(value, type, out);
  }
};

template <>
struct Codec<Json> {
  static std::string name() { return "leat::Json"; }
  static bool accepts(Oid type) { return type == oid::json; }
  static Json decode(std::span<const std::byte> in, Oid type) {
    return {std::string(detail::decode_text(in, type))};
  }
  static void encode(const Json& value, Oid type, FieldWriter& out) {
    detail::encode_text(value.text, type, out);
  }
};

template <>
struct Codec<Jsonb> {
  static std::string name() { return "leat::Jsonb"; }
  static bool accepts(Oid type) { return type == oid::jsonb; }
  static Jsonb decode(std::span<const std::byte> in, Oid type) {
    return {std::string(detail::decode_text(in, type))};
  }
  static void encode(const Jsonb& value, Oid type, FieldWriter& out) {
    detail::encode_text(value.text, type, out);
  }
};

/// bytea: the bytes themselves (byteasend). Borrows from the row.
template <>
struct Codec<std::span<const std::byte>> {
  static std::string name() { return "std::span<const std::byte>"; }
  static bool accepts(Oid type) { return type == oid::bytea; }
  static std::span<const std::byte> decode(std::span<const std::byte> in, Oid) { return in; }
  static void encode(std::span<const std::byte> value, Oid, FieldWriter& out) { out.bytes(value); }
};

/// The same as a copy.
template <>
struct Codec<std::vector<std::byte>> {
  static std::string name() { return "std::vector<std::byte>"; }
  static bool accepts(Oid type) { return type == oid::bytea; }
  static std::vector<std::byte> decode(std::span<const std::byte> in, Oid) { return {in.begin(), in.end()}; }
  static void encode(std::span<const std::byte> value, Oid, FieldWriter& out) { out.bytes(value); }
};

}  // namespace leat
