#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A value of any type as its bytes in binary format, unchecked: for types that have no codec of their own
/// (tsvector, those of extensions), and inside arrays, ranges and records. Borrows from the row.
struct RawView {
  /// What the bytes are; 0 where that is not known.
  Oid type = 0;
  std::span<const std::byte> bytes{};
};

/// Every type. Writing bytes of one built-in type to a column of another type is an error; of a user-made
/// type they go to every column of such a type, since its oid differs between databases.
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
