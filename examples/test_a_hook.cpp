// Tests hooks of one's own without a server: rows are made by hand, and the hooks are called as leat calls
// them.
//
//   RowBuilder ──▶ RowBatch ──▶ Transform::prepare() ──▶ RowBatch ──▶ checks
//
// It needs leat::core alone. Where a test framework is at hand, expect() is its own.
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/type_oids.hpp"
#include "leat/pipeline/work_item.hpp"
#include "leat/transform/transform.hpp"

namespace {

/// The row hook that is tested: drops orders without a total, and adds a tenth to the others.
auto raise_totals(const leat::Schema& columns) {
  const auto total = columns.field<std::optional<std::int32_t>>("total");
  return [total](const leat::RowView& row, leat::RowBuilder& out) {
    if (const auto value = row.get(total)) out.copy_row(row).set(total, *value + *value / 10);
  };
}
/// The hook of a pipeline's stage that is tested.
int price_in(leat::WorkItem<std::string>& page, const std::stop_token&) {
  if (page->empty()) throw std::invalid_argument("an empty page");
  return std::stoi(*page);
}

void expect(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

void test_row_hook() {
  const auto schema = std::make_shared<const leat::Schema>(std::vector<leat::Column>{
      {.name = "id", .type = leat::oid::int8}, {.name = "total", .type = leat::oid::int4}});
  leat::RowBatch in(schema), out(schema);
  leat::RowBuilder rows(in);
  rows.begin_row();
  rows.add(1).add(100).finish_row();
  rows.begin_row();
  rows.add(2).add_null().finish_row();

  const leat::Transform transform = raise_totals;  // as in the options of a job
  transform.prepare (*schema)(in, out);
  expect(out.size() == 1, "an order without a total is dropped");
  expect(out.row(0).get<std::int64_t>("id") == 1, "the other one stays");
  expect(out.row(0).get<std::int32_t>("total") == 110, "its total is raised");

  const leat::Schema other({{.name = "id", .type = leat::oid::int8}});
  try {
    static_cast<void>(transform.prepare(other));
    expect(false, "a table without totals is refused");
  } catch (const leat::Error& error) {
    expect(error.kind() == leat::ErrorKind::transform, "a missing column is an error of the hook");
  }
}

void test_stage() {
  leat::WorkItem<std::string> page("42");
  expect(price_in(page, {}) == 42, "the price is read");
  leat::WorkItem<std::string> empty(std::string{});
  try {
    price_in(empty, {});
    expect(false, "an empty page is refused");
  } catch (const std::invalid_argument&) {
  }
}

}  // namespace

int main() try {
  test_row_hook();
  test_stage();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "failed: " << error.what() << '\n';
  return 1;
}
