// Brings a table up to date with another one: new rows are inserted, changed ones updated, all others left
// alone.
//
// Usage: upsert SOURCE TARGET TABLE [KEY], e.g.
//   upsert postgresql:///shop postgresql:///warehouse public.orders id
#include <cstdio>
#include <iostream>

#include "leat/jobs/copy_table.hpp"

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr, "usage: upsert SOURCE TARGET TABLE [KEY]\n");
    return 2;
  }
  try {
    leat::CopyTableOptions options{
        .source = argv[1],
        .target = argv[2],
        .table = {.from = argv[3]},
        .mode = leat::WriteMode::upsert,
    };
    // Without a key it is the target's primary key.
    if (argc == 5) options.key = {argv[4]};
    const leat::JobReport report = leat::CopyTable(options).run();
    std::printf("%llu inserted, %llu updated, %llu unchanged\n",
                static_cast<unsigned long long>(report.rows_inserted),
                static_cast<unsigned long long>(report.rows_updated),
                static_cast<unsigned long long>(report.rows_unchanged));
    return 0;
  } catch (const leat::Error& error) {
    std::cerr << error << '\n';
    return 1;
  }
}
