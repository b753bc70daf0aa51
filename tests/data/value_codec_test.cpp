// Every hexadecimal text in this file is what PostgreSQL 15's send function gave for the value.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "data/rows.hpp"

using namespace leat;
using namespace leat::test;

namespace {

enum class Mood {
  glad,
  so_so,
  lost,
};

}  // namespace

template <>
struct leat::EnumLabels<Mood> {
  static constexpr auto labels =
      std::to_array<leat::EnumLabel<Mood>>({{Mood::glad, "glad"}, {Mood::so_so, "so, so"}});
};

TEST_CASE("Codec: an enum is read and written by its label", "[data]") {
  constexpr Oid mood = 20000;
  check_wire(Mood::so_so, mood, "736f2c20736f");
  check_wire(Mood::glad, oid::text, "676c6164");
  check_wire(std::vector{Mood::glad}, 1009, "000000010000000000000019000000010000000100000004676c6164");
  CHECK_FALSE(Codec<Mood>::accepts(oid::int4));
  CHECK(malformed<Mood>("736164", mood) == "the label \"sad\" is not in EnumLabels");
  CHECK(transform_error([] { static_cast<void>(sent(Mood::lost, mood)); }) ==
        "the enum's value 2 is not in EnumLabels");
}

TEST_CASE("Codec: oids, xids, \"char\", tids and log positions have the server's bytes", "[data]") {
  for (const Oid type : {oid::oid, oid::xid, oid::cid, oid::regclass, oid::regcollation}) {
    check_wire(std::numeric_limits<std::uint32_t>::max(), type, "ffffffff");
  }
  CHECK_FALSE(Codec<std::uint32_t>::accepts(oid::int4));
  check_wire(std::numeric_limits<std::uint64_t>::max(), oid::xid8, "ffffffffffffffff");
  check_wire('x', oid::single_char, "78");
  check_wire('\xff', oid::single_char, "ff");
  check_wire(Tid{4294967295, 65535}, oid::tid, "ffffffffffff");
  check_wire(Lsn::parse("16/B374D848"), oid::pg_lsn, "00000016b374d848");
  CHECK(to_string(Tid{4294967295, 65535}) == "(4294967295,65535)");
  for (const char* text : {"0/0", "16/B374D848", "FFFFFFFF/FFFFFFFF"})
    CHECK(to_string(Lsn::parse(text)) == text);
  for (const char* text : {"", "/", "16", "16/", "/1", "1/123456789", "1/g", "1/2/3"}) {
    CHECK(contains(transform_error([&] { static_cast<void>(Lsn::parse(text)); }), "not a pg_lsn"));
  }
  check_cuts<std::uint32_t>("00000001", oid::oid);
  check_cuts<std::uint64_t>("0000000000000001", oid::xid8);
  check_cuts<char>("78", oid::single_char);
  check_cuts<Tid>("000000000001", oid::tid);
  check_cuts<Lsn>("0000000000000001", oid::pg_lsn);
}

TEST_CASE("Codec: jsonpath is text behind a version byte", "[data]") {
  check_wire(std::string("$.\"a\""), oid::jsonpath, "01242e226122");
  CHECK(contains(malformed<std::string>("02242e226122", oid::jsonpath), "jsonpath version 1"));
  CHECK(contains(malformed<std::string>("", oid::jsonpath), "jsonpath without its version"));
}

TEST_CASE("Codec: inet and cidr have the server's bytes", "[data]") {
  check_wire(Inet::parse("10.0.0.1/8"), oid::inet, "020800040a000001");
  check_wire(Inet::parse("::1"), oid::inet, "0380001000000000000000000000000000000001");
  check_wire(Cidr::parse("10.0.0.0/8"), oid::cidr, "020801040a000000");
  CHECK_FALSE(Codec<Inet>::accepts(oid::cidr));
  check_cuts<Inet>("020800040a000001", oid::inet);
  check_cuts<Inet>("0380001000000000000000000000000000000001", oid::inet);
  CHECK(contains(malformed<Inet>("040800040a000001", oid::inet), "family is 4"));
  CHECK(contains(malformed<Inet>("022100040a000001", oid::inet), "prefix of 33 bits"));
  CHECK(contains(malformed<Inet>("020800050a00000100", oid::inet), "address of 5 bytes"));
  CHECK(contains(malformed<Cidr>("020801040a000001", oid::cidr), "10.0.0.1/8 has bits set beyond"));
  CHECK(contains(transform_error([] { static_cast<void>(sent(Inet{.prefix = 33}, oid::inet)); }), "33 bits"));
}

TEST_CASE("Inet: prints what the server prints", "[data]") {
  for (const char* text :
       {"0.0.0.0", "255.255.255.255", "10.0.0.1/8", "1.2.3.4/0", "::", "::1", "::2", "::0.1.0.2", "::1.2.3.4",
        "::ffff:1.2.3.4", "1:0:0:2::", "1::2:0:0:3", "1:0:2:3:4:5:6:7", "::/0", "fe80::1/64", "::0.1.0.0",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "0:1:2:3:4:5:6:7"}) {
    CHECK(to_string(Inet::parse(text)) == text);
  }
  CHECK(to_string(Inet::parse("1:2:3:4:5:6:0:0/127")) == "1:2:3:4:5:6::/127");
  CHECK(to_string(Cidr::parse("1.2.3.4")) == "1.2.3.4/32");
  CHECK(to_string(Cidr::parse("::/0")) == "::/0");
  for (const char* text : {"", "/8", "1.2.3", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8x", "::/129",
                           "1.2.3.256", ":::", "1.2.3.4/256"}) {
    CHECK(contains(transform_error([&] { static_cast<void>(Inet::parse(text)); }), "not an inet"));
  }
  CHECK(contains(transform_error([] { static_cast<void>(Cidr::parse("10.0.0.1/8")); }), "beyond its prefix"));
}

TEST_CASE("Codec: MAC addresses have the server's bytes and forms", "[data]") {
  check_wire(MacAddress::parse("08:00:2b:01:02:03"), oid::macaddr, "08002b010203");
  check_wire(MacAddress8::parse("08:00:2b:01:02:03:04:05"), oid::macaddr8, "08002b0102030405");
  for (const char* text : {"08:00:2b:01:02:03", "08-00-2B-01-02-03", "08002b:010203", "08002b-010203",
                           "0800.2b01.0203", "0800-2b01-0203", "08002b010203"}) {
    CHECK(to_string(MacAddress::parse(text)) == "08:00:2b:01:02:03");
  }
  CHECK(to_string(MacAddress8::parse("08002b0102030405")) == "08:00:2b:01:02:03:04:05");
  for (const char* text : {"", "08:00:2b:01:02", "08:00:2b:01:02:03:", "08:00:2b:01:02:0g",
                           "08:00-2b:01:02:03", ":08002b010203", "08::002b010203"}) {
    CHECK(contains(transform_error([&] { static_cast<void>(MacAddress::parse(text)); }), "not a macaddr"));
  }
  check_cuts<MacAddress>("08002b010203", oid::macaddr);
  check_cuts<MacAddress8>("08002b0102030405", oid::macaddr8);
}

TEST_CASE("Codec: bit strings have the server's bytes", "[data]") {
  check_wire(BitString::parse("10111011"), oid::bit, "00000008bb");
  check_wire(BitString::parse("101"), oid::varbit, "00000003a0");
  check_wire(BitString(), oid::varbit, "00000000");
  const BitString bits = BitString::parse("100000001");
  CHECK(bits.size() == 9);
  CHECK(bits[0]);
  CHECK_FALSE(bits[1]);
  CHECK(bits[8]);
  CHECK(to_string(bits) == "100000001");
  CHECK(contains(transform_error([] { static_cast<void>(BitString::parse("102")); }), "not a bit string"));
  CHECK(received<BitString>("00000003bf", oid::varbit) == BitString::parse("101"));
  check_cuts<BitString>("00000003a0", oid::varbit);
  CHECK(contains(malformed<BitString>("ffffffff", oid::varbit), "-1 bits in 0 bytes"));
  CHECK(contains(malformed<BitString>("7fffffffa0", oid::varbit), "2147483647 bits in 1 bytes"));
  CHECK(contains(malformed<BitString>("00000009a0", oid::varbit), "9 bits in 1 bytes"));
}

TEST_CASE("Codec: money has the server's bytes", "[data]") {
  check_wire(Money{-1234}, oid::money, "fffffffffffffb2e");
  check_wire(Money{std::numeric_limits<std::int64_t>::min()}, oid::money, "8000000000000000");
  check_cuts<Money>("fffffffffffffb2e", oid::money);
}

TEST_CASE("Codec: geometric types have the server's bytes", "[data]") {
  using namespace leat::geometry;
  const std::string one_two = "3ff00000000000004000000000000000";
  const std::string three_four = "40080000000000004010000000000000";
  const Point a{1, 2};
  const Point b{3, 4};
  check_wire(Point{1, -2}, oid::point, "3ff0000000000000c000000000000000");
  check_wire(Line{1, 2, 3}, oid::line, one_two + "4008000000000000");
  check_wire(LineSegment{a, b}, oid::lseg, one_two + three_four);
  check_wire(Box{.high = b, .low = a}, oid::box, three_four + one_two);
  check_wire(Path{.closed = false, .points = {a, b}}, oid::path, "0000000002" + one_two + three_four);
  check_wire(Path{.closed = true, .points = {a}}, oid::path, "0100000001" + one_two);
  check_wire(Polygon{{a, b}}, oid::polygon, "00000002" + one_two + three_four);
  check_wire(Circle{a, 3}, oid::circle, one_two + "4008000000000000");
  check_wire(std::vector{a}, 1017, "000000010000000000000258000000010000000100000010" + one_two);

  check_cuts<Point>(one_two, oid::point);
  check_cuts<Line>(one_two + "4008000000000000", oid::line);
  check_cuts<LineSegment>(one_two + three_four, oid::lseg);
  check_cuts<Box>(one_two + three_four, oid::box);
  check_cuts<Path>("0100000001" + one_two, oid::path);
  check_cuts<Polygon>("00000001" + one_two, oid::polygon);
  check_cuts<Circle>(one_two + "4008000000000000", oid::circle);
  CHECK(malformed<Polygon>("7fffffff", oid::polygon) ==
        "malformed polygon: a count of 2147483647 where 0 bytes are left");
  CHECK(malformed<Path>("00ffffffff" + one_two, oid::path) ==
        "malformed path: a count of -1 where 16 bytes are left");
}

TEST_CASE("Codec: hstore has the server's bytes", "[data]") {
  constexpr Oid hstore = 20000;
  const std::string bytes = "0000000200000001610000000131000000026262ffffffff";
  check_wire(Hstore{{{"a", "1"}, {"bb", std::nullopt}}}, hstore, bytes);
  check_wire(Hstore{}, hstore, "00000000");
  CHECK_FALSE(Codec<Hstore>::accepts(oid::text));
  check_cuts<Hstore>(bytes, hstore);
  CHECK(contains(malformed<Hstore>("7fffffff", hstore), "a count of 2147483647"));
  CHECK(contains(malformed<Hstore>("ffffffff", hstore), "a count of -1"));
  CHECK(contains(malformed<Hstore>("00000001ffffffff0000000131", hstore), "is NULL"));
  CHECK(contains(malformed<Hstore>("0000000100000001617fffffff", hstore), "2147483647 bytes where 0"));
  CHECK(contains(malformed<Hstore>("000000010000000161fffffffe", hstore), "-2 bytes"));
  CHECK(contains(malformed<Hstore>("000000020000000161ffffffff0000000161ffffffff", hstore), "twice"));
  CHECK(contains(transform_error([] {
                   static_cast<void>(sent(Hstore{{{std::string("\0", 1), "1"}}}, hstore));
                 }),
                 "0x00"));
}

TEST_CASE("RawView: takes every type, and gives its bytes only to their own", "[data]") {
  const auto bytes = unhex("0000000261000001000162000000");
  const auto raw = Codec<RawView>::decode(bytes, oid::tsvector);
  CHECK(raw.type == oid::tsvector);
  CHECK(raw.bytes.data() == bytes.data());
  CHECK(sent(raw, oid::tsvector) == "0000000261000001000162000000");
  CHECK(contains(transform_error([&] { static_cast<void>(sent(raw, oid::text)); }), "oid 3614, not 25"));
  CHECK(sent(RawView{20000, bytes}, 20001) == hex(bytes));
  CHECK(contains(transform_error([&] {
                   static_cast<void>(sent(RawView{20000, bytes}, oid::text));
                 }),
                 "20000"));
  CHECK(sent(RawView{0, bytes}, oid::text) == hex(bytes));
}
