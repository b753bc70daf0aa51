// Every hexadecimal text in this file is what PostgreSQL 15's send function gave for the value.
#include <cstdint>
#include <string>

#include "data/rows.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using IntRange = Range<std::int32_t>;
constexpr Oid user_range = 20000;

}  // namespace

TEST_CASE("Range: every form has the server's bytes", "[data]") {
  check_wire(IntRange{.lower = 1, .upper = 5}, oid::int4range, "0200000004000000010000000400000005");
  check_wire(IntRange{.empty = true}, oid::int4range, "01");
  check_wire(IntRange{}, oid::int4range, "18");
  check_wire(IntRange{.lower = 1}, oid::int4range, "120000000400000001");
  check_wire(Range<Numeric>{.lower = Numeric::parse("1.5"), .lower_inclusive = false}, oid::numrange,
             "100000000c000200000000000100011388");
  check_wire(Range<double>{.upper = 1.5, .upper_inclusive = true}, user_range, "0c000000083ff8000000000000");
  check_wire(Range<std::string>{.lower = "a", .upper = ""}, user_range, "02000000016100000000");
}

TEST_CASE("Range: the flags of a bound that is not there, or of an empty range, do not count", "[data]") {
  CHECK(IntRange{.lower_inclusive = false} == IntRange{.upper_inclusive = true});
  CHECK(IntRange{.lower = 1, .empty = true} == IntRange{.empty = true});
  CHECK_FALSE(IntRange{} == IntRange{.empty = true});
  CHECK_FALSE(IntRange{.lower = 1} == IntRange{.lower = 1, .lower_inclusive = false});
  CHECK(sent(IntRange{.lower = 1, .empty = true}, oid::int4range) == "01");
}

TEST_CASE("Range: T must be what the column's bounds are", "[data]") {
  CHECK(Codec<IntRange>::accepts(oid::int4range));
  CHECK_FALSE(Codec<IntRange>::accepts(oid::int8range));
  CHECK_FALSE(Codec<IntRange>::accepts(oid::int4));
  CHECK_FALSE(Codec<IntRange>::accepts(oid::int4multirange));
  CHECK(Codec<Range<Date>>::accepts(oid::daterange));
  CHECK(Codec<Range<TimestampTz>>::accepts(oid::tstzrange));
  CHECK(Codec<IntRange>::accepts(user_range));
  CHECK(Codec<std::vector<IntRange>>::accepts(3905));
  CHECK(Codec<MultiRange<std::int32_t>>::accepts(oid::int4multirange));
  CHECK_FALSE(Codec<MultiRange<std::int32_t>>::accepts(oid::int4range));
  CHECK_FALSE(Codec<MultiRange<std::int32_t>>::accepts(oid::int8multirange));
  CHECK(Codec<IntRange>::name() == "leat::Range<std::int32_t>");
}

TEST_CASE("Range: malformed bytes are errors", "[data]") {
  const std::string bytes = "0200000004000000010000000400000005";
  check_cuts<IntRange>(bytes, oid::int4range);
  check_cuts<IntRange>("18", oid::int4range);
  CHECK(malformed<IntRange>("20", oid::int4range) == "malformed range: its flags are 32");
  CHECK(malformed<IntRange>("0100000004", oid::int4range) == "malformed range: 4 bytes after its last value");
  CHECK(malformed<IntRange>("10ffffffff", oid::int4range) == "malformed range: a value in it is NULL");
  CHECK(malformed<IntRange>("107fffffff00000001", oid::int4range) ==
        "malformed range: a value of 2147483647 bytes where 4 are left");
  CHECK(contains(malformed<IntRange>("10000000020001", oid::int4range), "4 bytes expected, 2 found"));
}

TEST_CASE("MultiRange: has the server's bytes, and malformed ones are errors", "[data]") {
  using MultiInts = MultiRange<std::int32_t>;
  const std::string bytes = "0000000200000011020000000400000001000000040000000300000009120000000400000005";
  check_wire(MultiInts{{{.lower = 1, .upper = 3}, {.lower = 5}}}, oid::int4multirange, bytes);
  check_wire(MultiInts{}, oid::int4multirange, "00000000");
  check_cuts<MultiInts>(bytes, oid::int4multirange);
  CHECK(malformed<MultiInts>("7fffffff0000000101", oid::int4multirange) ==
        "malformed multirange: a count of 2147483647 where 5 bytes are left");
  CHECK(contains(malformed<MultiInts>("80000000", oid::int4multirange), "a count of -2147483648"));
  CHECK(contains(malformed<MultiInts>("00000001ffffffff00", oid::int4multirange), "is NULL"));
}
