// Copies bench_rows with a row hook that reads three columns and rewrites one, or without one, for run.sh to
// compare.
//   leat_bench_hook SOURCE TARGET hook|bytes
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string_view>

#include "leat/jobs/copy_table.hpp"
#include "leat/transform/transform.hpp"

namespace {

auto three_columns(const leat::Schema& columns) {
  return [id = columns.field<std::int64_t>("id"), qty = columns.field<std::int32_t>("qty"),
          active = columns.field<bool>("active")](const leat::RowView& row, leat::RowBuilder& out) {
    const std::int32_t value =
        row.get(active) ? row.get(qty) + static_cast<std::int32_t>(row.get(id) % 7) : 0;
    out.copy_row(row).set(qty, value);
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: leat_bench_hook SOURCE TARGET hook|bytes\n");
    return 2;
  }
  try {
    const leat::ConnectionFactory connections;
    leat::CopyTableOptions options{.source = connections.resolve(argv[1]),
                                   .target = connections.resolve(argv[2]),
                                   .table = {.from = "public.bench_rows"}};
    if (std::string_view(argv[3]) == "hook") options.transform = three_columns;
    const auto report = leat::CopyTable(options).run();
    std::printf("%llu rows in %.3f s\n", static_cast<unsigned long long>(report.rows_written),
                report.seconds());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
