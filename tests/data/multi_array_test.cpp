// Every hexadecimal text in this file is what PostgreSQL 15's send function gave for the value.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/rows.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using Grid = MultiArray<std::int32_t>;
using NullableGrid = MultiArray<std::optional<std::int32_t>>;
constexpr Oid array_of_user_type = 20001;
const std::string two_by_two =
    "000000020000000100000017000000020000000000000002000000020000000400000001ffffffff000000040000000300000004"
    "00"
    "000004";

}  // namespace

TEST_CASE("MultiArray: dimensions, bounds and NULLs have the server's bytes", "[data]") {
  check_wire(NullableGrid{{{2, 0}, {2, 2}}, {1, std::nullopt, 3, 4}, oid::int4}, int4_array, two_by_two);
  check_wire(Grid{.element_type = oid::int4}, int4_array, "000000000000000000000017");
  check_wire(Grid{{{1, 1}}, {7}, oid::int4}, int4_array,
             "000000010000000000000017000000010000000100000004"
             "00000007");
}

TEST_CASE("MultiArray: an array of a user-made type keeps its elements' oid", "[data]") {
  const std::string labels =
      "00000001000000000000"
      "4e20"
      "0000000100000001"
      "00000002"
      "6f6b";
  check_wire(MultiArray<std::string>{{{1, 1}}, {"ok"}, 20000}, array_of_user_type, labels);
  CHECK(contains(transform_error([] {
                   static_cast<void>(sent(MultiArray<std::string>{{{1, 1}}, {"ok"}}, array_of_user_type));
                 }),
                 "cannot be written"));
}

TEST_CASE("MultiArray: malformed bytes are errors", "[data]") {
  check_cuts<NullableGrid>(two_by_two, int4_array);
  const auto fails = [](const std::string& bytes) { return malformed<NullableGrid>(bytes, int4_array); };
  CHECK(contains(malformed<Grid>(two_by_two, int4_array), "std::optional<std::int32_t>"));
  CHECK(contains(malformed<std::vector<std::optional<std::int32_t>>>(two_by_two, int4_array),
                 "an array of one dimension expected, 2 found; read it as leat::MultiArray"));
  CHECK(fails("000000070000000000000017") == "malformed array: 7 dimensions");
  CHECK(fails("ffffffff0000000000000017") == "malformed array: -1 dimensions");
  CHECK(contains(fails("0000000200000000000000177fffffff000000017fffffff00000001"), "2147483647 elements"));
  // 65536 times 65536: the product does not fit 32 bits.
  CHECK(contains(fails("000000020000000000000017000100000000000100010000"
                       "00000001"),
                 "65536 elements"));
  CHECK(contains(fails("000000020000000000000017ffffffff00000001ffffffff00000001"), "-1 elements"));
}

TEST_CASE("MultiArray: dimensions that do not fit the elements cannot be written", "[data]") {
  const auto fails = [](Grid array) {
    return transform_error([&] { static_cast<void>(sent(array, int4_array)); });
  };
  CHECK(contains(fails({{{2, 1}, {2, 1}}, {1, 2, 3}}), "room for 4 elements, and it has 3"));
  CHECK(contains(fails({{}, {1}}), "room for 0 elements, and it has 1"));
  CHECK(contains(fails({{{-1, 1}}, {}}), "a dimension of -1"));
  CHECK(contains(fails({{{2147483647, 1}, {2147483647, 1}}, {}}), "a dimension of 2147483647"));
  CHECK(contains(fails({std::vector<ArrayDimension>(7, {1, 1}), {1}}), "at most 6 dimensions, this one 7"));
}

TEST_CASE("Codec: int2vector and oidvector are arrays from 0 on", "[data]") {
  check_wire(std::vector<std::int16_t>{1, 2}, oid::int2vector,
             "0000000100000000000000150000000200000000000000020001000000020002");
  check_wire(std::vector<std::int16_t>{}, oid::int2vector, "0000000100000000000000150000000000000000");
  check_wire(std::vector<std::uint32_t>{26}, oid::oidvector,
             "0000000100000000000000"
             "1a0000000100000000000000040000001a");
  CHECK_FALSE(Codec<std::vector<std::int32_t>>::accepts(oid::int2vector));
}

TEST_CASE("oid: arrays and ranges are found by their oids, which are in order", "[data]") {
  const auto ordered = [](const auto& parts) {
    return std::is_sorted(parts.begin(), parts.end(),
                          [](const oid::Part& a, const oid::Part& b) { return a.whole < b.whole; });
  };
  CHECK(ordered(oid::arrays));
  CHECK(ordered(oid::ranges));
  CHECK(oid::element_of(oid::int2vector) == oid::int2);
  CHECK(oid::element_of(6157) == oid::int8multirange);
  CHECK(oid::element_of(oid::int4) == 0);
  CHECK(oid::element_of(0) == 0);
  CHECK(oid::element_of(4000000000) == 0);
  CHECK(oid::bound_of(oid::int8multirange) == oid::int8range);
  CHECK(oid::bound_of(oid::daterange) == oid::date);
}
