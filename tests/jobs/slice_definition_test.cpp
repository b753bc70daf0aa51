// The ledger's definitions of slices.
#include "jobs/prepare/slice_definition.hpp"

#include <string>

#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace leat;
using jobs_detail::Slice;
using jobs_detail::SlicedTable;
using jobs_detail::TablePart;

TEST_CASE("slice definitions: what is written is read, and other rows are refused") {
  SlicedTable table;
  table.table.name = {.schema = "public", .name = "t"};
  for (unsigned i = 0; i < 2; ++i) {
    TablePart part;
    part.table.name = {.schema = "public", .name = "p" + std::to_string(i)};
    part.table.oid = 100 + i;
    part.file = 200 + i;
    table.parts.push_back(part);
  }
  const Slice pages{.part = 1, .begin = 292, .end = 2920};
  const Slice last{.part = 1, .begin = 2920};
  const Slice keys{.keys = jobs_detail::KeySlice{
                       .key = "\"b\"", .type = "text", .from = "it's \"x\"", .before = std::nullopt}};
  const Slice bytes{
      .keys = jobs_detail::KeySlice{
          .key = "\"b\"", .type = "text", .from = "caf\xe9 \xff", .before = "\xfe\x01{\"hex\"}"}};
  for (const auto& slice : {pages, last, keys, bytes}) {
    const Slice read = parse_slice(table, slice_definition(table, slice));
    CHECK(read.part == slice.part);
    CHECK(read.begin == slice.begin);
    CHECK(read.end == slice.end);
    CHECK(read.keys.has_value() == slice.keys.has_value());
    if (read.keys) CHECK(read.keys->from == slice.keys->from);
    if (read.keys) CHECK(read.keys->before == slice.keys->before);
  }
  CHECK(slice_definition(table, bytes).find("636166e920ff") != std::string::npos);
  const std::string definition = slice_definition(table, pages);
  table.parts[1].file = 999;
  CHECK_THROWS_AS(parse_slice(table, definition), Error);
}

TEST_CASE("slice definitions: a range is one of the key that cut it") {
  SlicedTable table;
  table.table.name = {.schema = "public", .name = "t"};
  table.table.columns = {{.name = "A", .type_name = "text"},
                         {.name = "b", .type_name = "character varying(10)", .collation = "\"C\""}};
  table.parts = {{.table = table.table, .key = "\"b\"", .key_type = "character varying"}};
  const Slice slice{.keys = jobs_detail::KeySlice{
                        .key = "\"b\"", .type = "character varying", .from = "k", .before = std::nullopt}};
  const std::string definition = slice_definition(table, slice);
  const auto refusal = [&](const std::string& text) {
    try {
      static_cast<void>(parse_slice(table, text));
    } catch (const Error& error) {
      CHECK(error.sqlstate() == "55000");
      CHECK(std::string(error.hint()).find(".restart") != std::string::npos);
      return std::string(error.what());
    }
    return std::string("read");
  };
  SECTION("another one would be chosen now") {
    table.parts.front().key = "\"A\"";
    table.parts.front().key_type = "text";
    const Slice read = parse_slice(table, definition);
    REQUIRE(read.keys);
    CHECK(read.keys->key == "\"b\"");
    CHECK(read.keys->type == "character varying");
    CHECK(slice_definition(table, read) == definition);
    CHECK(table.sql(read, RowFormat::binary).find("\"b\" >= 'k'::character varying") != std::string::npos);
  }
  SECTION("it was dropped") {
    table.table.columns.pop_back();
    CHECK(refusal(definition).find("the column \"b\" of public.t was dropped or renamed") == 0);
  }
  SECTION("it is ordered otherwise") {
    table.table.columns.back().collation = "\"de_DE\"";
    CHECK(refusal(definition).find("the column \"b\" of public.t was given another type or collation") == 0);
  }
  SECTION("none is stored") {
    CHECK(refusal(R"({"table":"public.t","oid":0,"file":0,"from":"k","before":null})").find("did not say") !=
          std::string::npos);
  }
}
