// Reads rows as C++ types on their way, drops some and rewrites others.
//
//   COPY TO ──> Monitor ──> hook: drop orders without a total, add a tenth to the others ──> COPY FROM
//
// Usage: typed_rows SOURCE TARGET
//   copies public.orders (id bigint, customer text, total integer) into the target's table of that name
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <optional>

#include "leat/jobs/copy_table.hpp"
#include "leat/transform/transform.hpp"

namespace {

/// Called once with the columns, it returns what is called for every row.
auto raise_totals(const leat::Schema& columns) {
  const auto total = columns.field<std::optional<std::int32_t>>("total");
  return [total](const leat::RowView& row, leat::RowBuilder& out) {
    if (const auto value = row.get(total)) out.copy_row(row).set(total, *value + *value / 10);
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: typed_rows SOURCE TARGET\n");
    return 2;
  }
  try {
    const leat::CopyTable job(leat::CopyTableOptions{
        .source = argv[1], .target = argv[2], .table = {.from = "public.orders"}, .transform = raise_totals});
    const auto report = job.run();
    std::printf("%llu rows written, %llu dropped\n", static_cast<unsigned long long>(report.rows_written),
                static_cast<unsigned long long>(report.rows_dropped));
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
  return 0;
}
