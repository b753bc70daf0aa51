#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/rows.hpp"

// Every hexadecimal text in this file is what PostgreSQL 15's send function gave for the value.
using namespace leat;
using namespace leat::test;
using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::sys_days;

namespace {

constexpr Oid text_array = 1009;

const auto leap_day = sys_days(std::chrono::year(2024) / 2 / 29);

}  // namespace

TEST_CASE("Codec: scalars have the server's bytes", "[data]") {
  check_wire(true, oid::boolean, "01");
  check_wire(false, oid::boolean, "00");
  check_wire(std::numeric_limits<std::int16_t>::min(), oid::int2, "8000");
  check_wire(std::int32_t{-2}, oid::int4, "fffffffe");
  check_wire(std::numeric_limits<std::int64_t>::max(), oid::int8, "7fffffffffffffff");
  check_wire(1.5F, oid::float4, "3fc00000");
  check_wire(-0.1, oid::float8, "bfb999999999999a");
  check_wire(Uuid::parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), oid::uuid,
             "a0eebc999c0b4ef8bb6d6bb9bd380a11");
}

TEST_CASE("Codec: text, bytea and json have the server's bytes", "[data]") {
  for (const Oid type : {oid::text, oid::varchar, oid::bpchar, oid::name, oid::first_user_type}) {
    check_wire(std::string("\u017c\u00f3\u0142w"), type, "c5bcc3b3c58277");
  }
  check_wire(std::string(), oid::text, "");
  check_wire(std::vector{std::byte{0}, std::byte{255}}, oid::bytea, "00ff");
  check_wire(Json{R"({"a": 1})"}, oid::json, "7b2261223a20317d");
  check_wire(Jsonb{R"({"a":1})"}, oid::jsonb, "017b2261223a317d");
  check_wire(std::string(R"({"a":1})"), oid::jsonb, "017b2261223a317d");
}

TEST_CASE("Codec: string_view and span borrow from the row", "[data]") {
  const auto bytes = unhex("61626300");
  const std::span<const std::byte> in(bytes);
  CHECK(static_cast<const void*>(Codec<std::string_view>::decode(in.first(3), oid::text).data()) ==
        bytes.data());
  CHECK(Codec<std::span<const std::byte>>::decode(in, oid::bytea).data() == bytes.data());
}

TEST_CASE("Codec: dates and times have the server's bytes", "[data]") {
  check_wire(Date(leap_day), oid::date, "00002279");
  check_wire(Date(sys_days(std::chrono::year(1999) / 12 / 31)), oid::date, "ffffffff");
  check_wire(Date::max(), oid::date, "7fffffff");
  check_wire(Date::min(), oid::date, "80000000");
  check_wire(Date(std::chrono::days(-2451545 + 10957)), oid::date, "ffda97a7");
  check_wire(Date(std::chrono::days(2145031948 + 10957)), oid::date, "7fda970c");

  const microseconds clock = 12h + 34min + 56s + 789012us;
  check_wire(TimeOfDay{24h}, oid::time, "000000141dd76000");
  check_wire(TimeOfDay{clock}, oid::time, "0000000a8be62614");
  check_wire(TimeTz{12h + 34min + 56s, 2h + 30min}, oid::timetz, "0000000a8bda1c00ffffdcd8");
  check_wire(TimeTz{0h, -(15h + 59min + 59s)}, oid::timetz, "00000000000000000000e0ff");

  check_wire(Timestamp(leap_day.time_since_epoch() + clock), oid::timestamp, "0002b58341728614");
  check_wire(Timestamp::max(), oid::timestamp, "7fffffffffffffff");
  check_wire(Timestamp::min(), oid::timestamp, "8000000000000000");
  check_wire(Timestamp(microseconds(-211813488000000000 + 946684800000000)), oid::timestamp,
             "fd0f7cc1411fa000");
  check_wire(TimestampTz(), oid::timestamptz, "fffca2fec4c82000");
  check_wire(TimestampTz::max(), oid::timestamptz, "7fffffffffffffff");
  check_wire(Interval{14, -3, 4h + 5min + 6s + 789ms}, oid::interval, "000000036c97ca88fffffffd0000000e");

  CHECK(is_finite(Date(leap_day)));
  CHECK_FALSE(is_finite(Date::max()));
  CHECK_FALSE(is_finite(Timestamp::min()));
}

TEST_CASE("Codec: a date or time out of range is an error", "[data]") {
  const auto fails = [](auto value, Oid type) {
    return transform_error([&] { static_cast<void>(sent(value, type)); });
  };
  CHECK(contains(fails(Date(std::chrono::days(-2451545 + 10957 - 1)), oid::date), "out of range"));
  CHECK(contains(fails(Date(std::chrono::days(2145031949 + 10957)), oid::date), "out of range"));
  CHECK(contains(fails(Timestamp(microseconds(-211813488000000000 + 946684800000000 - 1)), oid::timestamp),
                 "out of range"));
  CHECK(contains(fails(TimeOfDay{24h + 1us}, oid::time), "out of range"));
  CHECK(contains(fails(TimeOfDay{-1us}, oid::time), "out of range"));
  CHECK(contains(fails(TimeTz{0h, 16h}, oid::timetz), "out of range"));
  // 294276-12-31, which the server has and std::chrono's microseconds have not.
  CHECK(contains(
      transform_error([] { static_cast<void>(received<Timestamp>("7fffff5bb3b29fff", oid::timestamp)); }),
      "out of range"));
  CHECK(contains(transform_error([] { static_cast<void>(received<Date>("7fda970d", oid::date)); }),
                 "out of range"));
}

TEST_CASE("Codec: arrays have the server's bytes", "[data]") {
  check_wire(std::vector<std::optional<std::int32_t>>{1, std::nullopt, 3}, int4_array,
             "00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003");
  check_wire(std::vector<std::string>{}, text_array, "000000000000000000000019");
  check_wire(std::vector<std::optional<std::string>>{"a", std::nullopt, ""}, text_array,
             "00000001000000010000001900000003000000010000000161ffffffff00000000");
  check_wire(std::vector<bool>{true, false}, 1000,
             "000000010000000000000010000000020000000100000001010000000100");
  check_wire(
      std::vector<Numeric>{Numeric::parse("1.5"), Numeric::nan()}, 1231,
      "0000000100000000000006a400000002000000010000000c0002000000000001000113880000000800000000c0000000");
  check_wire(std::vector<Date>{Date(std::chrono::days(10957))}, 1182,
             "00000001000000000000043a00000001000000010000000400000000");
  check_wire(std::vector<Jsonb>{{R"({"a":1})"}}, 3807,
             "000000010000000000000eda000000010000000100000008017b2261223a317d");
  check_wire(std::vector<std::vector<std::byte>>{unhex("00ff")}, 1001,
             "00000001000000000000001100000001000000010000000200ff");
}

TEST_CASE("Codec: an array that does not fit is an error", "[data]") {
  using Ints = std::vector<std::int32_t>;
  const auto fails = [](std::string_view bytes) {
    return transform_error([&] { static_cast<void>(received<Ints>(bytes, int4_array)); });
  };
  SECTION("two dimensions") {
    CHECK(contains(fails("00000002000000000000001700000002000000010000000200000001"
                         "0000000400000001000000040000000200000004000000030000000400000004"),
                   "one dimension"));
  }
  SECTION("a NULL without optional") {
    CHECK(contains(fails("000000010000000100000017000000010000000"
                         "1ffffffff"),
                   "std::optional<std::int32_t>"));
  }
  SECTION("other elements than the column says") {
    CHECK(contains(fails("000000010000000000000014000000010000000100000008"
                         "0000000000000001"),
                   "type oid 20"));
  }
  SECTION("more elements than bytes") {
    CHECK(contains(fails("0000000100000000000000177fffffff00000001"), "2147483647"));
  }
  SECTION("a negative count") {
    CHECK(contains(fails("000000010000000000000017ffffffff00000001"), "-1 elements"));
  }
  SECTION("bytes after the last element") {
    CHECK(contains(fails("00000000000000000000001700"), "after its last"));
  }
  SECTION("flags that do not exist") {
    CHECK(contains(fails("000000000000000200000017"), "flags"));
  }
  SECTION("an element that is too short") {
    CHECK(contains(fails("000000010000000000000017000000010000000100000002"
                         "0001"),
                   "4 bytes expected"));
  }
}

TEST_CASE("Codec: an array of a user-made type is read as text and cannot be written", "[data]") {
  const std::string labels =
      "00000001000000000000"
      "4e20"
      "0000000100000001"
      "00000002"
      "6f6b";
  constexpr Oid user_array = 20001;
  CHECK(received<std::vector<std::string>>(labels, user_array) == std::vector<std::string>{"ok"});
  CHECK_FALSE(Codec<std::vector<std::int32_t>>::accepts(user_array));
  CHECK(contains(transform_error([] { static_cast<void>(sent(std::vector<std::string>{"ok"}, user_array)); }),
                 "cannot be written"));
}

TEST_CASE("Codec: text that the server cannot hold is an error", "[data]") {
  const auto fails = [](const std::string& text, Oid type) {
    return transform_error([&] { static_cast<void>(sent(text, type)); });
  };
  CHECK(contains(fails(std::string("ab\0c", 4), oid::text), "0x00 at byte 2"));
  CHECK(contains(fails(std::string(64, 'x'), oid::name), "63 bytes"));
  CHECK(fails(std::string(63, 'x'), oid::name).empty());
  CHECK(contains(
      transform_error([] { static_cast<void>(received<std::string>("6100", oid::first_user_type)); }),
      "0x00"));
  CHECK(
      contains(transform_error([] { static_cast<void>(received<Jsonb>("027b7d", oid::jsonb)); }), "version"));
  CHECK(contains(transform_error([] { static_cast<void>(received<Jsonb>("", oid::jsonb)); }), "version"));
}

TEST_CASE("Uuid: parses what the server parses and prints its form", "[data]") {
  const std::string canonical = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  for (const char* text :
       {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11",
        "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"}) {
    CHECK(to_string(Uuid::parse(text)) == canonical);
  }
  for (const char* text :
       {"", "{", "{}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}) {
    CHECK(contains(transform_error([&] { static_cast<void>(Uuid::parse(text)); }), "not a uuid"));
  }
}
