// Copies many tables of one database into those of the same names in another, all from one snapshot, and
// tells what became of each.
//
// Usage: copy_tables SOURCE TARGET PATTERN..., e.g.
//   copy_tables postgresql:///shop postgresql:///warehouse 'sales.*' public.orders
#include <cstdio>
#include <iostream>

#include "leat/jobs/copy_tables.hpp"

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: copy_tables SOURCE TARGET PATTERN...\n");
    return 2;
  }
  try {
    const leat::CopyTables job(leat::CopyTablesOptions{
        .source = argv[1],
        .target = argv[2],
        .include = {argv + 3, argv + argc},
        .on_tables_progress =
            [](const leat::TablesProgress& progress) {
              std::printf("%zu of %zu tables so far\n", progress.tables_ended, progress.tables);
            },
        .jobs = 2,
    });
    const auto report = job.run();
    for (const auto& table : report.tables) {
      if (table.error) {
        std::printf("%s: %s\n", table.table.c_str(), table.error->what());
      } else {
        std::printf("%s: %llu rows\n", table.table.c_str(),
                    static_cast<unsigned long long>(table.report.rows_written));
      }
    }
    return report.failed() == 0 ? 0 : 1;
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
}
