#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/rows.hpp"
#include "leat/data/row_view.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// where() of the Error that `action` throws.
template <typename Action>
std::string where_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return std::string(error.where());
  }
  return "no error";
}

}  // namespace

TEST_CASE("RowView: fields are read by name, by position and by Field", "[data]") {
  const auto schema = orders();
  const auto bytes = unhex(order_7);
  const RowView row(bytes, *schema);
  CHECK(row.size() == 4);
  CHECK(hex(row.bytes()) == order_7);
  CHECK(row.get<std::int64_t>("id") == 7);
  CHECK(row.get<std::int32_t>("qty") == 3);
  CHECK(row.get<std::string_view>("note") == "ok");
  CHECK(row.get<std::string>(2) == "ok");
  CHECK(row.get<std::int64_t>(0) == 7);
  const auto qty = schema->field<std::int32_t>("qty");
  CHECK(qty.index() == 1);
  CHECK(row.get(qty) == 3);
  CHECK(row.get(schema->field<std::optional<std::string>>(2)) == std::optional<std::string>("ok"));
}

TEST_CASE("RowView: a NULL is an empty optional, and an empty text is not NULL", "[data]") {
  const auto schema = orders();
  const auto bytes = unhex(order_minus_1);
  const RowView row(bytes, *schema);
  CHECK_FALSE(row.get<std::optional<std::int32_t>>("qty").has_value());
  CHECK(row.is_null("qty"));
  CHECK(row.is_null(1));
  CHECK_FALSE(row.raw("qty").has_value());
  CHECK(row.get<std::optional<std::string>>("note") == std::optional<std::string>(""));
  CHECK_FALSE(row.is_null("note"));
  REQUIRE(row.raw("note").has_value());
  CHECK(row.raw("note")->empty());
  CHECK(row.get<Numeric>("price").to_string() == "1.5");
}

TEST_CASE("RowView: a NULL read as a plain type is an error that names column and row", "[data]") {
  const auto schema = orders();
  const auto bytes = unhex(order_minus_1);
  const RowView row(bytes, *schema, 41);
  CHECK(row.ordinal() == 41);
  const auto read = [&] { static_cast<void>(row.get<std::int32_t>("qty")); };
  CHECK(transform_error(read) == "column \"qty\" (integer) is NULL; read it as std::optional<std::int32_t>");
  CHECK(where_of(read) == "row 42");
}

TEST_CASE("RowView: a C++ type that does not fit is an error that names the column and both types",
          "[data]") {
  const auto schema = orders();
  const auto bytes = unhex(order_7);
  const RowView row(bytes, *schema);
  CHECK(transform_error([&] { static_cast<void>(row.get<std::int64_t>("qty")); }) ==
        "column \"qty\" (integer) is not a std::int64_t");
  CHECK(transform_error([&] { static_cast<void>(row.get<std::int32_t>("id")); }) ==
        "column \"id\" (bigint) is not a std::int32_t");
  CHECK(transform_error([&] { static_cast<void>(row.get<std::string_view>(3)); }) ==
        "column \"price\" (numeric(12,2)) is not a std::string_view");
  CHECK(transform_error([&] { static_cast<void>(row.get<std::optional<double>>("price")); }) ==
        "column \"price\" (numeric(12,2)) is not a double");
  CHECK(transform_error([&] { static_cast<void>(schema->field<bool>("note")); }) ==
        "column \"note\" (text) is not a bool");
  const auto unnamed = schema_of({{.name = "shape", .type = 600}});
  CHECK(transform_error([&] { static_cast<void>(unnamed->field<std::string>("shape")); }) ==
        "column \"shape\" (type oid 600) is not a std::string");
}

TEST_CASE("RowView: where a C++ type does not fit, the hint says which one does", "[data]") {
  const auto hint_for = [](Oid type) { return detail::field_type_hint({.name = "c", .type = type}); };
  CHECK(hint_for(oid::int8) == "a column of this type is a std::int64_t");
  CHECK(hint_for(oid::numeric) == "a column of this type is a leat::Numeric");
  CHECK(hint_for(oid::jsonb) == "a column of this type is a std::string or leat::Jsonb");
  CHECK(hint_for(oid::timestamptz) == "a column of this type is a leat::TimestampTz");
  CHECK(hint_for(oid::bytea) == "a column of this type is a std::vector<std::byte>");
  CHECK(hint_for(int4_array) == "a column of this type is a std::vector<std::int32_t>");
  CHECK(hint_for(oid::tstzrange) == "a column of this type is a leat::Range<leat::TimestampTz>");
  CHECK(hint_for(oid::int8multirange) == "a column of this type is a leat::MultiRange<std::int64_t>");
  CHECK(contains(hint_for(oid::first_user_type + 1), "leat::Record (a composite type)"));
  constexpr Oid tsvector = 3614;
  CHECK(contains(hint_for(tsvector), "cast it in the query"));

  const auto schema = orders();
  const auto bytes = unhex(order_7);
  try {
    static_cast<void>(RowView(bytes, *schema, 41).get<std::string>("id"));
    FAIL("it was read");
  } catch (const Error& error) {
    CHECK(error.hint() == "a column of this type is a std::int64_t");
    CHECK(error.column() == "id");
    CHECK(error.where() == "row 42");
  }
}

TEST_CASE("Schema: an unknown column is an error that lists those that exist", "[data]") {
  const auto schema = orders();
  const auto bytes = unhex(order_7);
  const RowView row(bytes, *schema);
  const std::string columns = "; the columns are \"id\", \"qty\", \"note\", \"price\"";
  CHECK(transform_error([&] { static_cast<void>(row.get<std::int32_t>("quantity")); }) ==
        "there is no column \"quantity\"" + columns);
  CHECK(transform_error([&] { static_cast<void>(row.is_null("Qty")); }) ==
        "there is no column \"Qty\"" + columns);
  CHECK(transform_error([&] { static_cast<void>(row.raw("")); }) == "there is no column \"\"" + columns);
  CHECK_FALSE(schema->find("Qty").has_value());
  CHECK(contains(transform_error([&] { static_cast<void>(row.get<std::int64_t>(4)); }), "no column 4"));
  CHECK(contains(transform_error([&] { static_cast<void>(row.raw(4)); }), "no column 4"));
  CHECK(
      contains(transform_error([&] { static_cast<void>(schema->field<bool>(SIZE_MAX)); }), "the row has 4"));
  CHECK(contains(transform_error([] { static_cast<void>(Schema({}).index_of("id")); }), "none"));
}

TEST_CASE("Schema: a name that two columns share is ambiguous, the others are found", "[data]") {
  const Schema schema({{.name = "z", .type = oid::int4},
                       {.name = "id", .type = oid::int4},
                       {.name = "a", .type = oid::int4},
                       {.name = "id", .type = oid::text}});
  CHECK(schema.find("id") == std::optional<std::size_t>(1));
  CHECK(schema.index_of("z") == 0);
  CHECK(schema.index_of("a") == 2);
  CHECK(transform_error([&] { static_cast<void>(schema.field<std::int32_t>("id")); }) ==
        "column \"id\" is ambiguous: 2 columns have that name");
}

TEST_CASE("Field: it reads rows of another schema that has the same type there, and refuses others",
          "[data]") {
  const auto bytes = unhex(order_7);
  const auto schema = orders();
  const auto qty = schema->field<std::int32_t>("qty");
  const auto price = schema->field<std::optional<Numeric>>("price");

  const auto renamed = schema_of({{.name = "a", .type = oid::int8},
                                  {.name = "b", .type = oid::int4},
                                  {.name = "c", .type = oid::text},
                                  {.name = "d", .type = oid::numeric}});
  CHECK(RowView(bytes, *renamed).get(qty) == 3);

  const auto retyped = schema_of({{.name = "id", .type = oid::int8},
                                  {.name = "amount", .type = oid::float4, .type_name = "real"},
                                  {.name = "note", .type = oid::text},
                                  {.name = "price", .type = oid::numeric}});
  CHECK(transform_error([&] { static_cast<void>(RowView(bytes, *retyped).get(qty)); }) ==
        "column \"amount\" (real) is not a std::int32_t");

  const auto narrow = schema_of({{.name = "id", .type = oid::int8}});
  const auto short_row = unhex("0001000000080000000000000007");
  CHECK(contains(transform_error([&] { static_cast<void>(RowView(short_row, *narrow).get(price)); }),
                 "no column 3"));

  // The oids of the same enum differ between databases.
  const Schema here({{.name = "mood", .type = 20001}});
  const Schema there({{.name = "mood", .type = 20002}});
  const auto mood = unhex("0001000000036f6b21");
  CHECK(RowView(mood, there).get(here.field<std::string>("mood")) == "ok!");
}

TEST_CASE("RowView: a value of the wrong width names column, C++ type and row", "[data]") {
  const auto schema = schema_of({{.name = "qty", .type = oid::int4, .type_name = "integer"}});
  const auto bytes = unhex("0001000000020003");
  const auto read = [&] { static_cast<void>(RowView(bytes, *schema, 9).get<std::int32_t>("qty")); };
  CHECK(transform_error(read) ==
        "column \"qty\" (integer) as std::int32_t: malformed value: 4 bytes expected, 2 found");
  CHECK(where_of(read) == "row 10");
}

TEST_CASE("RowView: what does not fit is an error that names the row", "[data]") {
  const auto schema = orders();
  const auto bytes = unhex(order_7);
  const RowView row(bytes, *schema, 9);
  CHECK(where_of([&] { static_cast<void>(row.get<std::int64_t>("qty")); }) == "row 10");
  CHECK(where_of([&] { static_cast<void>(row.get<std::int32_t>("nothing")); }) == "row 10");
  CHECK(where_of([&] { static_cast<void>(row.get<std::int32_t>(std::size_t{99})); }) == "row 10");
  CHECK(where_of([&] { static_cast<void>(row.is_null("nothing")); }) == "row 10");
  CHECK(where_of([&] { static_cast<void>(row.raw(std::size_t{99})); }) == "row 10");
}

TEST_CASE("RowView: rows of every width are read in any order", "[data][random]") {
  const RandomRun run(10);
  std::mt19937 random(run.seed());
  std::vector<std::size_t> widths;
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    for (const std::size_t width : {1U, 2U, 31U, 32U, 33U, 64U, 65U, 66U, 100U, 1600U}) {
      widths.push_back(width);
    }
  }
  for (const std::size_t width : widths) {
    INFO(width << " columns");
    std::vector<Column> columns;
    std::vector<std::optional<std::string>> values;
    std::vector<std::size_t> order;
    std::vector<std::byte> row(2);
    detail::store<std::int16_t>(row.data(), static_cast<std::int16_t>(width));
    for (std::size_t i = 0; i < width; ++i) {
      order.push_back(i);
      columns.push_back({.name = "c" + std::to_string(i), .type = oid::text});
      values.push_back(random() % 5 == 0 ? std::nullopt
                                         : std::optional(std::string(random() % 9, 'a') + std::to_string(i)));
      const std::string text = values.back().value_or("");
      row.resize(row.size() + 4);
      detail::store<std::int32_t>(row.data() + row.size() - 4,
                                  values.back() ? static_cast<std::int32_t>(text.size()) : -1);
      for (const char c : text) row.push_back(static_cast<std::byte>(c));
    }
    const Schema schema(std::move(columns));
    for (int pass = 0; pass < 4; ++pass) {
      const RowView view(row, schema);
      std::vector<std::optional<std::string>> found(width);
      for (const std::size_t i : order) found[i] = view.get<std::optional<std::string>>(i);
      CHECK(found == values);
      if (pass == 0) std::reverse(order.begin(), order.end());
      if (pass > 0) std::shuffle(order.begin(), order.end(), random);
    }
  }
}

TEST_CASE("RowView: rows in text format are refused, and the batch carries them", "[data]") {
  const auto schema = std::make_shared<const Schema>(
      std::vector<Column>{{.name = "id", .type = oid::int4}, {.name = "n", .type = oid::int4}},
      RowFormat::text);
  RowBatch batch(schema);
  const std::string line = "1\t2\n";
  batch.append(std::as_bytes(std::span(line)));
  CHECK(hex(batch.data()) == "3109320a");
  CHECK(contains(transform_error([&] { static_cast<void>(batch.row(0)); }), "text format"));
  // Bytes that would be a tuple of the schema's width.
  CHECK(contains(transform_error([&] { static_cast<void>(RowView(unhex("0002ffffffffffffffff"), *schema)); }),
                 "text format"));
  CHECK(contains(transform_error([&] { RowBuilder builder(batch); }), "text format"));
}
