// Upserts by items of 1,000 rows into a table of many rows, and by turns into one of few, neither of which
// anybody has analyzed. Prints a line for run.sh: how long an item takes in the first, of one in the second.
//   leat_bench_upserts TARGET
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>
#include <tuple>
#include <vector>

#include "leat/jobs/copy_sink.hpp"

namespace {

using Row = std::tuple<std::int64_t, std::string>;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t items = 60;
constexpr std::int64_t new_rows = 500;  // of an item, which has as many that are there already

/// Upserts into a table of so many rows, whose ids count from 0.
class Upserts {
 public:
  Upserts(const char* target, std::string table, std::int64_t rows)
      : sink_({.target = target,
               .to = std::move(table),
               .mode = leat::WriteMode::upsert,
               .columns = {"id", "v"},
               .commit = leat::CommitPoint::item}),
        writer_(sink_.writer()),
        rows_(rows) {
    writer_.begin({});
  }
  void store_item() {
    const auto begin = Clock::now();
    const std::string text = "value " + std::to_string(rows_);
    for (std::int64_t i = 0; i < new_rows; ++i) {
      writer_.write({i * 7919 % rows_, text}, {});
      writer_.write({rows_ + i, text}, {});
    }
    writer_.flush({});
    rows_ += new_rows;
    times_.push_back(Clock::now() - begin);
  }
  /// The median of an item's time.
  [[nodiscard]] double end() {
    writer_.end(leat::WorkOutcome::done);
    std::sort(times_.begin(), times_.end());
    return std::chrono::duration<double>(times_[times_.size() / 2]).count();
  }

 private:
  leat::CopySink<Row> sink_;
  leat::CopySinkWriter<Row> writer_;
  std::int64_t rows_;
  std::vector<Clock::duration> times_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: leat_bench_upserts TARGET\n";
    return 2;
  }
  Upserts many(argv[1], "public.many", 250'000);
  Upserts few(argv[1], "public.few", 10'000);
  for (std::int64_t i = 0; i < items; ++i) {
    many.store_item();
    few.store_item();
  }
  const double of_many = many.end();
  std::printf("upserts by item, 250,000 rows there: wall, of 10,000\t%.3f\t1.5\tratio\n",
              of_many / few.end());
} catch (const leat::Error& error) {
  std::cerr << error << '\n';
  return 1;
}
