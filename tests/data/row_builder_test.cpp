#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/rows.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A value that its codec fails to write, once half of it is written.
struct Unwritable {};

}  // namespace

template <>
struct leat::Codec<Unwritable> {
  static std::string name() { return "Unwritable"; }
  static bool accepts(Oid) { return true; }
  static Unwritable decode(std::span<const std::byte>, Oid) { return {}; }
  static void encode(Unwritable, Oid, FieldWriter& out) {
    out.integer(std::int64_t{-1});
    throw std::runtime_error("out of ink");
  }
};

namespace {

std::shared_ptr<const Schema> unpriced_orders() {
  return schema_of({{.name = "id", .type = oid::int8, .type_name = "bigint"},
                    {.name = "qty", .type = oid::int4, .type_name = "integer"},
                    {.name = "note", .type = oid::text, .type_name = "text"}});
}

// (7, 3, 'ok') of unpriced_orders().
constexpr std::string_view unpriced_7 =
    "0003"
    "00000008"
    "0000000000000007"
    "00000004"
    "00000003"
    "00000002"
    "6f6b";

/// A batch of orders and what writes to it.
struct Orders {
  std::shared_ptr<const Schema> schema = unpriced_orders();
  RowBatch batch{schema};
  RowBuilder builder{batch};

  void add(std::int64_t id, std::optional<std::int32_t> qty, std::optional<std::string> note) {
    builder.begin_row();
    builder.add(id).add(qty).add(note);
    builder.finish_row();
  }
  /// "id qty note" of each row, NULL as "-".
  [[nodiscard]] std::vector<std::string> rows() const {
    std::vector<std::string> all;
    for (const RowView row : batch) {
      check_row(row.bytes(), *schema);
      const auto qty = row.get<std::optional<std::int32_t>>("qty");
      all.push_back(std::to_string(row.get<std::int64_t>("id")) + " " + (qty ? std::to_string(*qty) : "-") +
                    " " + row.get<std::optional<std::string>>("note").value_or("-"));
    }
    return all;
  }
};

using Rows = std::vector<std::string>;

std::string writing_error(Oid type, const auto& value) {
  RowBatch batch(schema_of({{.name = "c", .type = type}}));
  RowBuilder builder(batch);
  builder.begin_row();
  const std::string message = transform_error([&] { builder.add(value); });
  if (message.empty()) builder.finish_row();
  CHECK(batch.size() == (message.empty() ? 1 : 0));
  return message;
}

/// The bytes of a row of one field, without its field count.
std::string written(Oid type, const auto& value) {
  RowBatch batch(schema_of({{.name = "c", .type = type}}));
  RowBuilder builder(batch);
  builder.begin_row();
  builder.add(value);
  builder.finish_row();
  return hex(batch.row_bytes(0)).substr(4);
}

}  // namespace

TEST_CASE("RowBuilder: a row has the bytes of the server's tuple", "[data]") {
  Orders o;
  o.builder.begin_row();
  o.builder.add(7).add(3).add("ok");
  CHECK(o.batch.empty());
  o.builder.finish_row();
  REQUIRE(o.batch.size() == 1);
  CHECK(hex(o.batch.row_bytes(0)) == unpriced_7);
  o.builder.begin_row();
  o.builder.add(std::nullopt).add_null().add(std::optional<std::string>());
  o.builder.finish_row();
  CHECK(hex(o.batch.row_bytes(1)) == "0003ffffffffffffffffffffffff");
  CHECK(hex(o.batch.data()) == std::string(unpriced_7) + "0003ffffffffffffffffffffffff");
}

TEST_CASE("RowBuilder: integers go into every integer column whose range they are in", "[data]") {
  using Wide = std::numeric_limits<std::int64_t>;
  CHECK(written(oid::int2, std::int64_t{-32768}) == "000000028000");
  CHECK(written(oid::int4, std::uint64_t{2147483647}) == "000000047fffffff");
  CHECK(written(oid::int4, std::int16_t{-1}) == "00000004ffffffff");
  CHECK(written(oid::int8, std::uint8_t{255}) == "0000000800000000000000ff");
  CHECK(written(oid::int8, std::uint64_t{Wide::max()}) == "000000087fffffffffffffff");
  CHECK(written(oid::int4, std::optional<std::int64_t>(5)) == "0000000400000005");
  CHECK(writing_error(oid::int2, 32768) == "32768 is out of the range of column \"c\" (type oid 21)");
  CHECK(writing_error(oid::int2, std::int64_t{-32769}) ==
        "-32769 is out of the range of column \"c\" (type oid 21)");
  CHECK(contains(writing_error(oid::int4, Wide::min()), "-9223372036854775808 is out of the range"));
  CHECK(contains(writing_error(oid::int8, std::uint64_t{Wide::max()} + 1),
                 "9223372036854775808 is out of the range"));
}

TEST_CASE("RowBuilder: an empty optional goes wherever its value would", "[data]") {
  CHECK(written(oid::int4, std::optional<std::int64_t>()) == "ffffffff");
  CHECK(written(oid::int8, std::optional<std::int16_t>()) == "ffffffff");
  CHECK(written(oid::text, std::optional<std::string_view>()) == "ffffffff");
  CHECK(writing_error(oid::text, std::optional<std::int32_t>()) ==
        "column \"c\" (type oid 25) is not a std::int32_t");
  CHECK(writing_error(oid::int4, std::optional<std::string>()) ==
        "column \"c\" (type oid 23) is not a std::string");
}

TEST_CASE("RowBuilder: an error tells the row that was being built, or that of the input", "[data]") {
  Orders o;
  o.builder.begin_row();
  o.builder.add(7).add(3).add("ok");
  o.builder.finish_row();
  const auto error_of_next = [&o] {
    try {
      o.builder.begin_row();
      o.builder.add("seven");
    } catch (const Error& error) {
      CHECK(error.hint() == "a column of this type is a std::int64_t");
      CHECK_FALSE(error.column().empty());
      return std::string(error.where());
    }
    return std::string();
  };
  CHECK(error_of_next() == "output row 2");
  o.builder.set_input_row(17);
  CHECK(error_of_next() == "row 17");
}

TEST_CASE("RowBuilder: a value that does not fit is an error that names the column and the C++ type",
          "[data]") {
  CHECK(writing_error(oid::int4, std::string_view("7")) ==
        "column \"c\" (type oid 23) is not a std::string_view");
  CHECK(writing_error(oid::text, std::int64_t{7}) == "column \"c\" (type oid 25) is not a std::int64_t");
  CHECK(writing_error(oid::text, 7ULL) == "column \"c\" (type oid 25) is not a (C++) integer");
  CHECK(writing_error(oid::float4, 1.5) == "column \"c\" (type oid 700) is not a double");
  CHECK(writing_error(oid::int4, true) == "column \"c\" (type oid 23) is not a bool");
  CHECK(writing_error(oid::text, std::string("a\0b", 3)) ==
        "column \"c\" (type oid 25) from std::string: text cannot hold the 0x00 at byte 1");
}

TEST_CASE("RowBuilder: an error in any field takes the row back and no other", "[data]") {
  for (int good = 0; good < 3; ++good) {
    INFO(good << " fields before the error");
    Orders o;
    o.add(1, 1, "first");
    const std::string before = hex(o.batch.data());
    const auto begin = [&] {
      o.builder.begin_row();
      if (good > 0) o.builder.add(2);
      if (good > 1) o.builder.add(2);
    };
    begin();
    CHECK_FALSE(transform_error([&] { o.builder.add(1.5); }).empty());
    CHECK(hex(o.batch.data()) == before);
    CHECK(contains(transform_error([&] { o.builder.add(3); }), "no row is open"));
    CHECK(contains(transform_error([&] { o.builder.finish_row(); }), "no row is open"));

    begin();
    CHECK_THROWS_AS(o.builder.add(Unwritable{}), std::runtime_error);
    CHECK(hex(o.batch.data()) == before);

    o.add(3, std::nullopt, "last");
    CHECK(o.rows() == Rows{"1 1 first", "3 - last"});
  }
}

TEST_CASE("RowBuilder: a row that is left open is taken back when the builder goes", "[data]") {
  const auto schema = unpriced_orders();
  RowBatch batch(schema);
  batch.append(unhex(unpriced_7));
  {
    RowBuilder builder(batch);
    builder.begin_row();
    builder.add(8).add(4);
  }
  CHECK(batch.size() == 1);
  batch.append(unhex(unpriced_7));
  CHECK(hex(batch.data()) == std::string(unpriced_7) + std::string(unpriced_7));
}

TEST_CASE("RowBuilder: a row written in the wrong order of calls is taken back", "[data]") {
  Orders o;
  o.add(1, 1, "first");
  SECTION("begun twice") {
    o.builder.begin_row();
    o.builder.add(2);
    CHECK(contains(transform_error([&] { o.builder.begin_row(); }), "another one is open"));
  }
  SECTION("ended early") {
    o.builder.begin_row();
    o.builder.add(2);
    CHECK(transform_error([&] { o.builder.finish_row(); }) == "the row ends before column \"qty\" (integer)");
  }
  SECTION("with a field too many") {
    o.builder.begin_row();
    o.builder.add(2).add(2).add("two");
    CHECK(contains(transform_error([&] { o.builder.add(2); }), "a field too many"));
  }
  SECTION("with a copy in the middle") {
    const auto bytes = unhex(unpriced_7);
    o.builder.begin_row();
    o.builder.add(2);
    CHECK(contains(transform_error([&] { o.builder.copy_row(RowView(bytes, *o.schema)); }),
                   "another one is open"));
  }
  SECTION("abandoned") {
    o.builder.begin_row();
    o.builder.add(2).add(2).add("two");
    o.builder.abandon_row();
    o.builder.abandon_row();
  }
  SECTION("not begun") {
    CHECK(contains(transform_error([&] { o.builder.add(2); }), "no row is open"));
  }
  SECTION("finished twice") {
    CHECK(contains(transform_error([&] { o.builder.finish_row(); }), "no row is open"));
  }
  CHECK(o.rows() == Rows{"1 1 first"});
  o.add(3, 3, "last");
  CHECK(o.rows() == Rows{"1 1 first", "3 3 last"});
}

TEST_CASE("RowBuilder: raw bytes and fields of other rows are taken as they are", "[data]") {
  Orders o;
  const auto bytes = unhex(unpriced_7);
  const RowView order(bytes, *o.schema);
  o.builder.begin_row();
  o.builder.add_raw(unhex("0000000000000007")).add_field(order, 1).add_raw({});
  o.builder.finish_row();
  CHECK(o.rows() == Rows{"7 3 "});

  const auto two_texts = schema_of(
      {{.name = "n", .type = oid::varchar, .type_name = "varchar(9)"}, {.name = "unknown", .type = 0}});
  const auto other_bytes = unhex("000200000001ab0000000161");
  const RowView other(other_bytes, *two_texts);
  const auto third = [&](std::size_t from) {
    o.builder.begin_row();
    o.builder.add(1).add_null().add_field(other, from);
    o.builder.finish_row();
  };
  CHECK(transform_error([&] { third(0); }) ==
        "column \"note\" (text) cannot take the bytes of column \"n\" (varchar(9))");
  CHECK(contains(transform_error([&] { third(2); }), "no column 2"));
  third(1);
  CHECK(o.rows() == Rows{"7 3 ", "1 - a"});
}
