// Compares a table with its copy in another database, and tells which rows differ.
//
//   source: count, sum of hashes ──┐
//                                  ├──> equal, or ranges of keys ──> rows
//   target: count, sum of hashes ──┘
//
// Usage: verify SOURCE TARGET TABLE, e.g.
//   verify postgresql:///shop postgresql:///warehouse public.orders
#include <cstdio>
#include <iostream>

#include "leat/jobs/verify_table.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: verify SOURCE TARGET TABLE\n");
    return 2;
  }
  try {
    const leat::VerifyTable job(leat::VerifyTableOptions{
        .source = argv[1],
        .target = argv[2],
        .table = {.from = argv[3]},
    });
    const auto report = job.run();
    std::printf("%llu rows in the source, %llu in the target: %s\n",
                static_cast<unsigned long long>(report.source_rows),
                static_cast<unsigned long long>(report.target_rows), report.equal ? "equal" : "different");
    for (const auto& difference : report.differences) {
      std::printf("%s", leat::to_string(difference.kind).data());
      for (const auto& value : difference.key) std::printf(" %s", value.value_or("NULL").c_str());
      for (const auto& column : difference.columns) {
        std::printf(", %s: %s -> %s", column.column.c_str(), column.source.value_or("NULL").c_str(),
                    column.target.value_or("NULL").c_str());
      }
      std::printf("\n");
    }
    return report.equal ? 0 : 1;
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 2;
  }
}
