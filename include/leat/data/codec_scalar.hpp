#pragma once

#include <bit>
#include <cstdint>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

namespace detail {

/// Integers are sent in network order (int2send, int4send, int8send, xid8send).
template <std::integral I, Oid type_oid>
struct IntegerCodec {
  static bool accepts(Oid type) { return type == type_oid; }
  static I decode(std::span<const std::byte> in, Oid) {
    expect_width(in, sizeof(I));
    return load<I>(in.data());
  }
  static void encode(I value, Oid, FieldWriter& out) { out.integer(value); }
};

/// Floats are sent as the IEEE 754 bits of an integer of their width (float4send, float8send).
template <typename F, typename Bits, Oid type_oid>
struct FloatCodec {
  static bool accepts(Oid type) { return type == type_oid; }
  static F decode(std::span<const std::byte> in, Oid) {
    expect_width(in, sizeof(F));
    return std::bit_cast<F>(load<Bits>(in.data()));
  }
  static void encode(F value, Oid, FieldWriter& out) { out.integer(std::bit_cast<Bits>(value)); }
};

}  // namespace detail

/// boolean: one byte, zero is false (boolsend).
template <>
struct Codec<bool> {
  static std::string name() { return "bool"; }
  static bool accepts(Oid type) { return type == oid::boolean; }
  static bool decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 1);
    return in[0] != std::byte{0};
  }
  static void encode(bool value, Oid, FieldWriter& out) { out.integer(static_cast<std::uint8_t>(value)); }
};

/// smallint.
template <>
struct Codec<std::int16_t> : detail::IntegerCodec<std::int16_t, oid::int2> {
  static std::string name() { return "std::int16_t"; }
};

/// integer.
template <>
struct Codec<std::int32_t> : detail::IntegerCodec<std::int32_t, oid::int4> {
  static std::string name() { return "std::int32_t"; }
};

/// bigint.
template <>
struct Codec<std::int64_t> : detail::IntegerCodec<std::int64_t, oid::int8> {
  static std::string name() { return "std::int64_t"; }
};

/// xid8 (PostgreSQL 13 and later). A std::uint64_t can be written to smallint, integer and bigint columns, as
/// all integer types can, but it can be read only from xid8.
template <>
struct Codec<std::uint64_t> : detail::IntegerCodec<std::uint64_t, oid::xid8> {
  static std::string name() { return "std::uint64_t"; }
};

/// oid and its aliases (regclass, regtype and the like), xid and cid: int32 without a sign (oidsend,
/// xidsend). The object that a regclass or a similar value names has another oid in another database. As
/// text, such a value travels as the object's name.
template <>
struct LEAT_EXPORT Codec<std::uint32_t> {
  static std::string name() { return "std::uint32_t"; }
  static bool accepts(Oid type);
  static std::uint32_t decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, sizeof(std::uint32_t));
    return detail::load<std::uint32_t>(in.data());
  }
  static void encode(std::uint32_t value, Oid, FieldWriter& out) { out.integer(value); }
};

/// "char", with the quotes: one byte (charsend). Not char(1), which is text.
template <>
struct Codec<char> {
  static std::string name() { return "char"; }
  static bool accepts(Oid type) { return type == oid::single_char; }
  static char decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 1);
    return std::to_integer<char>(in[0]);
  }
  static void encode(char value, Oid, FieldWriter& out) { out.integer(value); }
};

/// real.
template <>
struct Codec<float> : detail::FloatCodec<float, std::uint32_t, oid::float4> {
  static std::string name() { return "float"; }
};

/// double precision.
template <>
struct Codec<double> : detail::FloatCodec<double, std::uint64_t, oid::float8> {
  static std::string name() { return "double"; }
};

}  // namespace leat
