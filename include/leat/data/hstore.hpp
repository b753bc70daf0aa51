#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// An hstore, of the extension of that name: keys and values. Values may be NULL. A value type.
struct Hstore {
  std::map<std::string, std::optional<std::string>, std::less<>> pairs{};
  friend bool operator==(const Hstore&, const Hstore&) = default;
};

/// hstore: int32 count; then for each pair the key and the value, each as int32 length (-1 for a NULL value)
/// and characters (hstore_send in contrib/hstore/hstore_io.c). The oid of hstore is not fixed, so every
/// user-made type is accepted; bytes that are not an hstore are an error.
template <>
struct LEAT_EXPORT Codec<Hstore> {
  static std::string name() { return "leat::Hstore"; }
  static bool accepts(Oid type) { return type >= oid::first_user_type; }
  static Hstore decode(std::span<const std::byte> in, Oid type);
  static void encode(const Hstore& value, Oid type, FieldWriter& out);
};

}  // namespace leat
