// Every hexadecimal text in this file is what PostgreSQL 15's send function gave for the value.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/rows.hpp"

using namespace leat;
using namespace leat::test;

namespace {

// row(7, 'x'::unknown, null::text)
const std::string row_bytes = "00000003000000170000000400000007000002c1000000017800000019ffffffff";
constexpr Oid pair = 20000;

}  // namespace

TEST_CASE("RecordView: gives fields by position, each with its type", "[data]") {
  const auto bytes = unhex(row_bytes);
  const auto record = Codec<RecordView>::decode(bytes, oid::record);
  REQUIRE(record.size() == 3);
  CHECK(record.type(0) == oid::int4);
  CHECK(record.get<std::int32_t>(0) == 7);
  CHECK(record.type(1) == 705);
  CHECK(hex(*record.raw(1)) == "78");
  CHECK(record.get<RawView>(1).bytes.data() == bytes.data() + 24);
  CHECK(record.is_null(2));
  CHECK_FALSE(record.raw(2));
  CHECK(record.get<std::optional<std::string>>(2) == std::nullopt);
  CHECK(sent(record, pair) == row_bytes);
  CHECK(sent(RecordView(), pair) == "00000000");
}

TEST_CASE("RecordView: what cannot be read is an error that names the field", "[data]") {
  const auto bytes = unhex(row_bytes);
  const RecordView record(bytes);
  const auto fails = [](auto read) { return transform_error([&] { static_cast<void>(read()); }); };
  CHECK(fails([&] { return record.get<std::int64_t>(0); }) ==
        "field 0 of the record, of type oid 23, is not a std::int64_t");
  CHECK(fails([&] { return record.get<std::string>(2); }) ==
        "field 2 of the record is NULL; read it as std::optional<std::string>");
  CHECK(fails([&] { return record.type(3); }) == "there is no field 3: the record has 3, counted from 0");
  CHECK(contains(fails([] { return RecordView().type(0); }), "the record has 0"));
}

TEST_CASE("RecordView: malformed bytes are errors", "[data]") {
  const auto fails = [](std::string_view text) {
    const auto bytes = unhex(text);
    return transform_error([&] { static_cast<void>(RecordView(bytes)); });
  };
  for (std::size_t size = 0; size < row_bytes.size(); size += 2) {
    CHECK_FALSE(fails(std::string_view(row_bytes).substr(0, size)).empty());
  }
  CHECK(fails(row_bytes + "00") == "malformed record: 1 bytes after its last value");
  CHECK(contains(fails("7fffffff0000001700000000"), "a count of 2147483647 where 8 bytes"));
  CHECK(contains(fails("ffffffff"), "a count of -1"));
  CHECK(contains(fails("0000000100000017fffffffe"), "a value of -2 bytes"));
}

TEST_CASE("Record: is made field by field and has the server's bytes", "[data]") {
  Record record;
  record.add(oid::int4, 7).add(oid::text, "x").add_null(oid::text);
  CHECK(record.size() == 3);
  CHECK(sent(record, pair) ==
        "00000003000000170000000400000007000000190000000178"
        "00000019ffffffff");
  CHECK(record.view().get<std::string_view>(1) == "x");
  const Record copy(record.view());
  CHECK(sent(copy, pair) == sent(record, pair));
  CHECK(sent(Record(), pair) == "00000000");
}

TEST_CASE("Record: a value that does not fit leaves it as it was", "[data]") {
  Record record;
  record.add(oid::int2, 1);
  const auto before = sent(record, pair);
  CHECK(contains(transform_error([&] { record.add(oid::int2, 70000); }), "record field 1"));
  CHECK(contains(transform_error([&] { record.add(oid::int4, "x"); }), "is not a std::string_view"));
  CHECK(contains(transform_error([&] { record.add(oid::text, std::string("\0", 1)); }), "0x00"));
  CHECK(sent(record, pair) == before);
  record.add(oid::text, "y");
  CHECK(record.view().size() == 2);
}

TEST_CASE("RowView, RowBuilder: records travel through a row", "[data]") {
  const auto schema = schema_of({{.name = "p", .type = pair}, {.name = "q", .type = oid::record}});
  RowBatch batch(schema);
  RowBuilder builder(batch);
  Record record;
  record.add(oid::int4, 7);
  builder.begin_row();
  builder.add(record).add(std::optional<Record>()).finish_row();
  const RowView row = batch.row(0);
  CHECK(row.get<RecordView>("p").get<std::int32_t>(0) == 7);
  CHECK_FALSE(row.get<std::optional<RecordView>>("q"));
}
