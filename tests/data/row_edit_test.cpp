#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/rows.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using Text = std::optional<std::string>;
using TextRow = std::vector<Text>;

std::shared_ptr<const Schema> texts(std::size_t width) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < width; ++i)
    columns.push_back({.name = "c" + std::to_string(i), .type = oid::text, .type_name = "text"});
  return schema_of(std::move(columns));
}

void add(RowBatch& batch, const TextRow& values) {
  RowBuilder builder(batch);
  builder.begin_row();
  for (const Text& value : values) builder.add(value);
  builder.finish_row();
}

/// Every field of every row; each must be a whole tuple.
std::vector<TextRow> rows(const RowBatch& batch) {
  std::vector<TextRow> all;
  for (const RowView row : batch) {
    check_row(row.bytes(), *batch.schema());
    TextRow& fields = all.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) fields.push_back(row.get<Text>(i));
  }
  return all;
}

/// A row to copy, and a batch that has one row already.
struct Copying {
  std::shared_ptr<const Schema> schema = texts(3);
  RowBatch source{schema};
  RowBatch batch{schema};
  RowBuilder builder{batch};
  const TextRow first = {"there", "before", std::nullopt};

  Copying() {
    add(source, {"left", "middle", std::nullopt});
    add(batch, first);
  }
  RowEdit copy() { return builder.copy_row(source.row(0)); }
};

}  // namespace

TEST_CASE("RowEdit: a copied row stands in the batch as it was", "[data]") {
  Copying c;
  c.copy();
  REQUIRE(c.batch.size() == 2);
  CHECK(hex(c.batch.row_bytes(1)) == hex(c.source.row_bytes(0)));
  CHECK(rows(c.batch)[0] == c.first);
}

TEST_CASE("RowEdit: values of any length, and NULL, take a field's place", "[data]") {
  const std::vector<Text> values = {
      "", "a", "middle", "MIDDLE", "longer than it was", std::nullopt, std::string(5000, 'x')};
  for (std::size_t field = 0; field < 3; ++field) {
    for (const Text& value : values) {
      INFO("field " << field << " set to " << value.value_or("NULL"));
      Copying c;
      TextRow expected = rows(c.source)[0];
      expected[field] = value;
      c.copy().set(field, value);
      CHECK(rows(c.batch) == std::vector{c.first, expected});
      // And once more on the row that was changed.
      c.batch.clear();
      add(c.batch, c.first);
      c.copy().set(field, value).set(field, "again").set((field + 1) % 3, "next");
      expected[field] = "again";
      expected[(field + 1) % 3] = "next";
      CHECK(rows(c.batch) == std::vector{c.first, expected});
    }
  }
}

TEST_CASE("RowEdit: a column is set by name, by position and by Field", "[data]") {
  Copying c;
  const auto c2 = c.schema->field<Text>("c2");
  const auto c0 = c.schema->field<std::string_view>("c0");
  c.copy().set("c1", "by name").set(c2, "by optional Field").set(c0, "by Field");
  c.copy().set(1, std::nullopt).set("c0", std::nullopt).set(c2, std::nullopt);
  CHECK(rows(c.batch) == std::vector{c.first,
                                     {"by Field", "by name", "by optional Field"},
                                     {std::nullopt, std::nullopt, std::nullopt}});
}

TEST_CASE("RowEdit: an error takes the copied row back and no other", "[data]") {
  Copying c;
  const std::string before = hex(c.batch.data());
  const Schema numbers(
      {{.name = "a", .type = oid::int4}, {.name = "b", .type = oid::int4}, {.name = "c", .type = oid::int4}});
  const auto number = numbers.field<std::int32_t>("b");
  const auto beyond = texts(4)->field<std::string>("c3");
  const auto fails = [&](auto change) {
    const std::string message = transform_error([&] {
      RowEdit edit = c.copy();
      edit.set(0, "a first change that is longer");
      change(edit);
    });
    CHECK(hex(c.batch.data()) == before);
    return message;
  };
  CHECK(fails([](RowEdit& edit) { edit.set("c1", 7); }) == "column \"c1\" (text) is not a std::int32_t");
  CHECK(fails([&](RowEdit& edit) { edit.set(number, 7); }) == "column \"c1\" (text) is not a std::int32_t");
  CHECK(fails([](RowEdit& edit) { edit.set("c1", std::string(1, '\0')); }) ==
        "column \"c1\" (text) from std::string: text cannot hold the 0x00 at byte 0");
  CHECK(fails([](RowEdit& edit) { edit.set("C1", "x"); }) ==
        "there is no column \"C1\"; the columns are \"c0\", \"c1\", \"c2\"");
  CHECK(contains(fails([](RowEdit& edit) { edit.set(3, "x"); }), "no column 3"));
  CHECK(contains(fails([&](RowEdit& edit) { edit.set(beyond, "x"); }), "no column 3"));
  c.copy().set("c1", "after all");
  CHECK(rows(c.batch) == std::vector{c.first, {"left", "after all", std::nullopt}});
}

TEST_CASE("RowEdit: only the batch's last row can be changed, and not while another is begun", "[data]") {
  Copying c;
  RowEdit edit = c.copy();
  std::vector<TextRow> expected = {c.first, rows(c.source)[0]};
  const auto change = [&] { edit.set("c1", "a change that comes late"); };
  SECTION("a row follows") {
    c.copy();
    expected.push_back(expected[1]);
    CHECK(contains(transform_error(change), "no longer the batch's last"));
    CHECK(rows(c.batch) == expected);
  }
  SECTION("it was taken back") {
    CHECK_FALSE(transform_error([&] { edit.set("c1", 7); }).empty());
    expected.pop_back();
    CHECK(contains(transform_error(change), "no longer the batch's last"));
    CHECK(rows(c.batch) == expected);
  }
  SECTION("a row is begun") {
    c.builder.begin_row();
    c.builder.add("half").add("of a row");
    CHECK(contains(transform_error(change), "no longer the batch's last"));
    CHECK(rows(c.batch) == expected);
    c.builder.add("or whole");
    c.builder.finish_row();
    expected.push_back({"half", "of a row", "or whole"});
    CHECK(rows(c.batch) == expected);
  }
}

TEST_CASE("RowEdit: a row of another schema is copied when its types are the same", "[data]") {
  Copying c;
  const std::string before = hex(c.batch.data());
  const auto bytes = unhex("0003000000016100000001620000000163");
  const Schema renamed(
      {{.name = "x", .type = oid::text}, {.name = "y", .type = 0}, {.name = "z", .type = oid::text}});
  const Schema retyped({{.name = "x", .type = oid::text},
                        {.name = "y", .type = oid::varchar, .type_name = "varchar(2)"},
                        {.name = "z", .type = oid::text}});
  CHECK(transform_error([&] { c.builder.copy_row(RowView(bytes, retyped)); }) ==
        "column \"c1\" (text) cannot take the bytes of column \"y\" (varchar(2))");
  const auto narrow = unhex("0001000000016100");
  CHECK(contains(transform_error([&] { c.builder.copy_row(RowView(narrow, *texts(1))); }),
                 "1 column cannot be copied to 3"));
  CHECK(hex(c.batch.data()) == before);
  c.builder.copy_row(RowView(bytes, renamed)).set("c1", "B");
  CHECK(rows(c.batch) == std::vector<TextRow>{c.first, {"a", "B", "c"}});
}

TEST_CASE("RowEdit: a change to a malformed row is an error that takes it back", "[data]") {
  Copying c;
  const std::string before = hex(c.batch.data());
  const auto whole = unhex("0003000000016100000001620000000163");
  const auto last_fails = [&](const std::vector<std::byte>& row) {
    const std::string message =
        transform_error([&] { c.builder.copy_row(RowView(row, *c.schema)).set("c2", "longer"); });
    CHECK_FALSE(message.empty());
    CHECK(hex(c.batch.data()) == before);
  };
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size << " bytes");
    last_fails({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (const std::size_t place : {2U, 7U, 12U}) {
    for (const std::int32_t length : {-2, INT32_MIN, 100, 0x3fffffff, INT32_MAX}) {
      INFO(length << " at byte " << place);
      auto row = whole;
      detail::store<std::int32_t>(row.data() + place, length);
      last_fails(row);
    }
  }
}

TEST_CASE("RowEdit: many changes to rows of many columns leave what was asked for", "[data][random]") {
  const RandomRun run(10);
  std::mt19937 random(run.seed());
  const auto any_text = [&random]() -> Text {
    if (random() % 4 == 0) return std::nullopt;
    return std::string(random() % 20, static_cast<char>('a' + random() % 26));
  };
  std::vector<std::size_t> widths;
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    for (const std::size_t width : {1U, 5U, 32U, 33U, 70U, 300U}) widths.push_back(width);
  }
  for (const std::size_t width : widths) {
    INFO(width << " columns");
    const auto schema = texts(width);
    RowBatch source(schema);
    std::vector<TextRow> originals;
    for (int i = 0; i < 4; ++i) {
      TextRow& row = originals.emplace_back();
      for (std::size_t k = 0; k < width; ++k) row.push_back(any_text());
      add(source, row);
    }
    RowBatch batch(schema);
    RowBuilder builder(batch);
    std::vector<TextRow> expected;
    for (int i = 0; i < 60; ++i) {
      const std::size_t from = random() % originals.size();
      const RowView view = source.row(from);
      // The copy starts from what the view has found out about where fields stand.
      static_cast<void>(view.is_null(random() % width));
      RowEdit edit = builder.copy_row(view);
      TextRow row = originals[from];
      for (int k = 0; k < 6; ++k) {
        const std::size_t field = random() % width;
        row[field] = any_text();
        edit.set(field, row[field]);
      }
      expected.push_back(std::move(row));
    }
    CHECK(rows(batch) == expected);
  }
}
