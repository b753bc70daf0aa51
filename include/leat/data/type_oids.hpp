#pragma once

#include <algorithm>
#include <array>

#include "leat/data/schema.hpp"

/// The oids of the built-in types that leat reads and writes. They are the same on every server. Source:
/// src/include/catalog/pg_type.dat of PostgreSQL.
namespace leat::oid {

inline constexpr Oid boolean = 16;
inline constexpr Oid bytea = 17;
inline constexpr Oid single_char = 18;  ///< "char", with the quotes: one byte
inline constexpr Oid name = 19;
inline constexpr Oid int8 = 20;
inline constexpr Oid int2 = 21;
inline constexpr Oid int2vector = 22;
inline constexpr Oid int4 = 23;
inline constexpr Oid regproc = 24;
inline constexpr Oid text = 25;
inline constexpr Oid oid = 26;
inline constexpr Oid tid = 27;
inline constexpr Oid xid = 28;
inline constexpr Oid cid = 29;
inline constexpr Oid oidvector = 30;
inline constexpr Oid json = 114;
inline constexpr Oid xml = 142;
inline constexpr Oid point = 600;
inline constexpr Oid lseg = 601;
inline constexpr Oid path = 602;
inline constexpr Oid box = 603;
inline constexpr Oid polygon = 604;
inline constexpr Oid line = 628;
inline constexpr Oid cidr = 650;
inline constexpr Oid float4 = 700;
inline constexpr Oid float8 = 701;
inline constexpr Oid circle = 718;
inline constexpr Oid macaddr8 = 774;
inline constexpr Oid money = 790;
inline constexpr Oid macaddr = 829;
inline constexpr Oid inet = 869;
inline constexpr Oid bpchar = 1042;
inline constexpr Oid varchar = 1043;
inline constexpr Oid date = 1082;
inline constexpr Oid time = 1083;
inline constexpr Oid timestamp = 1114;
inline constexpr Oid timestamptz = 1184;
inline constexpr Oid interval = 1186;
inline constexpr Oid timetz = 1266;
inline constexpr Oid bit = 1560;
inline constexpr Oid varbit = 1562;
inline constexpr Oid numeric = 1700;
inline constexpr Oid refcursor = 1790;
inline constexpr Oid regprocedure = 2202;
inline constexpr Oid regoper = 2203;
inline constexpr Oid regoperator = 2204;
inline constexpr Oid regclass = 2205;
inline constexpr Oid regtype = 2206;
inline constexpr Oid record = 2249;
inline constexpr Oid uuid = 2950;
inline constexpr Oid pg_lsn = 3220;
inline constexpr Oid tsvector = 3614;
inline constexpr Oid tsquery = 3615;
inline constexpr Oid regconfig = 3734;
inline constexpr Oid regdictionary = 3769;
inline constexpr Oid jsonb = 3802;
inline constexpr Oid int4range = 3904;
inline constexpr Oid numrange = 3906;
inline constexpr Oid tsrange = 3908;
inline constexpr Oid tstzrange = 3910;
inline constexpr Oid daterange = 3912;
inline constexpr Oid int8range = 3926;
inline constexpr Oid jsonpath = 4072;
inline constexpr Oid regnamespace = 4089;
inline constexpr Oid regrole = 4096;
inline constexpr Oid regcollation = 4191;
inline constexpr Oid int4multirange = 4451;
inline constexpr Oid nummultirange = 4532;
inline constexpr Oid tsmultirange = 4533;
inline constexpr Oid tstzmultirange = 4534;
inline constexpr Oid datemultirange = 4535;
inline constexpr Oid int8multirange = 4536;
inline constexpr Oid xid8 = 5069;

/// Oids from this one on belong to user-made types. They differ between databases.
inline constexpr Oid first_user_type = 16384;

/// A type that is made of another type, and that other type.
struct Part {
  Oid whole;
  Oid part;
};

/// Array types with their element types, in the order of the arrays' oids.
inline constexpr auto arrays = std::to_array<Part>({
    {int2vector, int2},
    {oidvector, oid},
    {143, xml},
    {199, json},
    {271, xid8},
    {629, line},
    {651, cidr},
    {719, circle},
    {775, macaddr8},
    {791, money},
    {1000, boolean},
    {1001, bytea},
    {1002, single_char},
    {1003, name},
    {1005, int2},
    {1006, int2vector},
    {1007, int4},
    {1008, regproc},
    {1009, text},
    {1010, tid},
    {1011, xid},
    {1012, cid},
    {1013, oidvector},
    {1014, bpchar},
    {1015, varchar},
    {1016, int8},
    {1017, point},
    {1018, lseg},
    {1019, path},
    {1020, box},
    {1021, float4},
    {1022, float8},
    {1027, polygon},
    {1028, oid},
    {1040, macaddr},
    {1041, inet},
    {1115, timestamp},
    {1182, date},
    {1183, time},
    {1185, timestamptz},
    {1187, interval},
    {1231, numeric},
    {1270, timetz},
    {1561, bit},
    {1563, varbit},
    {2201, refcursor},
    {2207, regprocedure},
    {2208, regoper},
    {2209, regoperator},
    {2210, regclass},
    {2211, regtype},
    {2287, record},
    {2951, uuid},
    {3221, pg_lsn},
    {3643, tsvector},
    {3645, tsquery},
    {3735, regconfig},
    {3770, regdictionary},
    {3807, jsonb},
    {3905, int4range},
    {3907, numrange},
    {3909, tsrange},
    {3911, tstzrange},
    {3913, daterange},
    {3927, int8range},
    {4073, jsonpath},
    {4090, regnamespace},
    {4097, regrole},
    {4192, regcollation},
    {6150, int4multirange},
    {6151, nummultirange},
    {6152, tsmultirange},
    {6153, tstzmultirange},
    {6155, datemultirange},
    {6157, int8multirange},
});

/// Range types with the types of their bounds, and multirange types with their range types. Ordered by the
/// oid of the first type.
inline constexpr auto ranges = std::to_array<Part>({
    {int4range, int4},
    {numrange, numeric},
    {tsrange, timestamp},
    {tstzrange, timestamptz},
    {daterange, date},
    {int8range, int8},
    {int4multirange, int4range},
    {nummultirange, numrange},
    {tsmultirange, tsrange},
    {tstzmultirange, tstzrange},
    {datemultirange, daterange},
    {int8multirange, int8range},
});

/// The other type of the pair that `whole` has in `parts`; 0 if there is none. `parts` must be ordered.
template <std::size_t n>
[[nodiscard]] constexpr Oid part_of(const std::array<Part, n>& parts, Oid whole) noexcept {
  const auto found = std::lower_bound(parts.begin(), parts.end(), whole,
                                      [](const Part& part, Oid type) { return part.whole < type; });
  return found != parts.end() && found->whole == whole ? found->part : 0;
}

/// The element type of a built-in array type; 0 if `array` is not an array type in the list.
[[nodiscard]] constexpr Oid element_of(Oid array) noexcept {
  return part_of(arrays, array);
}

/// The type of the bounds of a built-in range type, or the range type of a built-in multirange type;
/// otherwise 0.
[[nodiscard]] constexpr Oid bound_of(Oid range) noexcept {
  return part_of(ranges, range);
}

}  // namespace leat::oid
