#pragma once

#include "leat/data/schema.hpp"

/// The oids of the built-in types that leat reads and writes; they are the same on every server.
/// Source: src/include/catalog/pg_type.dat of PostgreSQL.
namespace leat::oid {

inline constexpr Oid boolean = 16;
inline constexpr Oid bytea = 17;
inline constexpr Oid name = 19;
inline constexpr Oid int8 = 20;
inline constexpr Oid int2 = 21;
inline constexpr Oid int4 = 23;
inline constexpr Oid text = 25;
inline constexpr Oid json = 114;
inline constexpr Oid xml = 142;
inline constexpr Oid float4 = 700;
inline constexpr Oid float8 = 701;
inline constexpr Oid bpchar = 1042;
inline constexpr Oid varchar = 1043;
inline constexpr Oid date = 1082;
inline constexpr Oid time = 1083;
inline constexpr Oid timestamp = 1114;
inline constexpr Oid timestamptz = 1184;
inline constexpr Oid interval = 1186;
inline constexpr Oid timetz = 1266;
inline constexpr Oid numeric = 1700;
inline constexpr Oid uuid = 2950;
inline constexpr Oid jsonb = 3802;

/// Oids from here on belong to types that users made; they differ between databases.
inline constexpr Oid first_user_type = 16384;

/// The element type of a built-in array type, or 0 when `array` is none that is known here.
[[nodiscard]] constexpr Oid element_of(Oid array) noexcept {
  switch (array) {
    case 143:
      return xml;
    case 199:
      return json;
    case 1000:
      return boolean;
    case 1001:
      return bytea;
    case 1003:
      return name;
    case 1005:
      return int2;
    case 1007:
      return int4;
    case 1009:
      return text;
    case 1014:
      return bpchar;
    case 1015:
      return varchar;
    case 1016:
      return int8;
    case 1021:
      return float4;
    case 1022:
      return float8;
    case 1115:
      return timestamp;
    case 1182:
      return date;
    case 1183:
      return time;
    case 1185:
      return timestamptz;
    case 1187:
      return interval;
    case 1231:
      return numeric;
    case 1270:
      return timetz;
    case 2951:
      return uuid;
    case 3807:
      return jsonb;
    default:
      return 0;
  }
}

}  // namespace leat::oid
