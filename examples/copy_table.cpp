// Copies a table from one database into another.
//
//   source: COPY TO ──> reader ──> Monitor ──> writer ──> COPY FROM :target
//
// Usage: copy_table SOURCE TARGET TABLE, e.g.
//   copy_table postgresql:///shop postgresql:///warehouse public.orders
#include <cstdio>
#include <iostream>

#include "leat/jobs/copy_table.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: copy_table SOURCE TARGET TABLE\n");
    return 2;
  }
  try {
    const leat::CopyTable job(leat::CopyTableOptions{
        .source = argv[1],
        .target = argv[2],
        .table = {.from = argv[3]},
        .stream = {.on_progress =
                       [](const leat::Progress& progress) {
                         std::printf("%llu rows so far\n", static_cast<unsigned long long>(progress.rows));
                       }},
    });
    const auto report = job.run();
    std::printf("%llu rows in %.2f s as %s\n", static_cast<unsigned long long>(report.rows_written),
                report.seconds(), leat::to_string(report.format.format).data());
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
  return 0;
}
