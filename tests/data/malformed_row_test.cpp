#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/rows.hpp"
#include "leat/data/row_view.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct WholeRow {
  std::string_view text;               // in hexadecimal digits
  std::array<std::size_t, 4> lengths;  // the bytes where the fields' lengths stand
};
constexpr std::array<WholeRow, 2> whole_rows = {{
    {order_7, {2, 14, 22, 28}},
    {order_minus_1, {2, 14, 18, 22}},
}};

/// A field's bytes, whatever its type; or "NULL", or "Error".
std::string raw_or_error(std::span<const std::byte> row, const Schema& schema, std::size_t field) {
  std::string found;
  const std::string error = transform_error([&] {
    const auto bytes = RowView(row, schema).raw(field);
    found = bytes ? hex(*bytes) : "NULL";
  });
  return error.empty() ? found : "Error";
}

std::string row_error(std::span<const std::byte> row, const Schema& schema) {
  return transform_error([&] { check_row(row, schema); });
}

}  // namespace

TEST_CASE("RowView: a tuple cut off at any byte gives the fields before the cut, then errors", "[data]") {
  const auto schema = orders();
  for (const WholeRow& row : whole_rows) {
    const auto whole = unhex(row.text);
    CHECK(row_error(whole, *schema).empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      INFO(size << " bytes of " << row.text);
      // A copy that ends where the cut is, so that a sanitizer sees one byte too many.
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(row_error(cut, *schema).empty());
      for (std::size_t field = 0; field < schema->size(); ++field) {
        const std::size_t end = field + 1 < schema->size() ? row.lengths[field + 1] : whole.size();
        const std::string expected = end <= size ? raw_or_error(whole, *schema, field) : "Error";
        CHECK(raw_or_error(cut, *schema, field) == expected);
      }
    }
  }
}

TEST_CASE("RowView: a wrong length is an error of its field, those before it are read", "[data]") {
  const auto schema = orders();
  const auto whole = unhex(whole_rows[1].text);
  for (std::size_t wrong = 0; wrong < whole_rows[1].lengths.size(); ++wrong) {
    const auto left = static_cast<std::int32_t>(whole.size() - whole_rows[1].lengths[wrong] - 4);
    for (const std::int32_t length : {-2, INT32_MIN, left + 1, 0x3fffffff, 0x40000000, INT32_MAX}) {
      INFO("field " << wrong << " of " << length << " bytes");
      auto row = whole;
      detail::store<std::int32_t>(row.data() + whole_rows[1].lengths[wrong], length);
      const std::string message = row_error(row, *schema);
      CHECK(message == "malformed row: field " + std::to_string(wrong) + " of " + std::to_string(length) +
                           " bytes where " + std::to_string(left) + " are left");
      for (std::size_t field = 0; field < schema->size(); ++field) {
        CHECK(raw_or_error(row, *schema, field) ==
              (field < wrong ? raw_or_error(whole, *schema, field) : "Error"));
      }
      // A view that has met the error goes on to meet it.
      const RowView view(row, *schema);
      for (int again = 0; again < 2; ++again) {
        CHECK_FALSE(transform_error([&] { static_cast<void>(view.is_null(3)); }).empty());
      }
    }
  }
}

TEST_CASE("RowView: a length that is one off is an error", "[data]") {
  const auto schema = orders();
  const auto whole = unhex(whole_rows[1].text);
  for (const std::size_t place : whole_rows[1].lengths) {
    for (const std::int32_t step : {-1, 1}) {
      const auto length = detail::load<std::int32_t>(whole.data() + place);
      if (length <= 0 && length + step <= 0 && length + step >= -1) continue;  // '' for NULL is a tuple too
      auto row = whole;
      detail::store<std::int32_t>(row.data() + place, length + step);
      INFO(hex(row));
      CHECK_FALSE(row_error(row, *schema).empty());
    }
  }
}

TEST_CASE("RowView: bytes after the last field are an error, and so is a field count of another width",
          "[data]") {
  const auto schema = orders();
  auto row = unhex(whole_rows[0].text);
  row.push_back(std::byte{0});
  CHECK(row_error(row, *schema) == "malformed row: 1 bytes after its last field");
  CHECK(raw_or_error(row, *schema, 3) == "Error");
  CHECK(row_error(unhex("000000"), Schema({})) == "malformed row: 1 bytes after its last field");

  const std::vector<std::pair<std::string, std::string>> counts = {
      {"0000", "0"}, {"0003", "3"}, {"0005", "5"}, {"ffff", "-1"}};
  for (const auto& [count, shown] : counts) {
    const auto other = unhex(count + std::string(whole_rows[0].text.substr(4)));
    CHECK(row_error(other, *schema) == "malformed row: it has " + shown + " fields where the schema has 4");
  }
}
