#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A value of any type as its unchecked bytes in binary format. Use it for types without a codec of their own
/// (tsvector, types of extensions), also inside arrays, ranges and records. Borrows from the row.
struct RawView {
  /// The type of the bytes; 0 if it is not known.
  Oid type = 0;
  std::span<const std::byte> bytes{};
};

/// Every type. Writing bytes of a built-in type to a column of another type is an error. Bytes of a user-made
/// type can be written to every column of a user-made type, since such oids differ between databases.
template <>
struct Codec<RawView> {
  static std::string name() { return "leat::RawView"; }
  static bool accepts(Oid) { return true; }
  static RawView decode(std::span<const std::byte> in, Oid type) { return {type, in}; }
  static void encode(const RawView& value, Oid type, FieldWriter& out) {
    const bool users = value.type >= oid::first_user_type && type >= oid::first_user_type;
    if (value.type != type && value.type != 0 && type != 0 && !users) {
      fail_decode("the bytes are of type oid " + std::to_string(value.type) + ", not " +
                  std::to_string(type));
    }
    out.bytes(value.bytes);
  }
};

}  // namespace leat
