// What jobs share: a throttle and a memory budget.
#include <memory>

#include "bed.hpp"
#include "leat/core/memory_budget.hpp"
#include "leat/jobs/options/throttle.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_wide_rows(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i");
}

/// A stream, readers of slices with one writer, several writers, and a job with a name.
CopyTableOptions some_copy(const Bed& bed) {
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.slice_bytes = ByteCount{64U << 10U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  const int kind = GENERATE(0, 1, 2, 3);
  if (kind > 0) options.readers = 2;
  if (kind > 1) options.writers = 2;
  if (kind > 2) options.delivery.job = "job";
  return options;
}

}  // namespace

TEST_CASE("throttle: every byte that is written passes it", "[server]") {
  const Bed bed;
  make_wide_rows(bed);
  auto options = some_copy(bed);
  options.stream.throttle = std::make_shared<Throttle>(ByteCount{1U << 30U});
  const JobReport report = CopyTable(options).run();
  CHECK(options.stream.throttle->stats().passed == report.bytes_written);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("throttle: a job that waits goes on when the rate is changed, and ends on a stop", "[server]") {
  const Bed bed;
  make_wide_rows(bed);
  auto options = some_copy(bed);
  // The first batch passes, and its debt would take a year.
  const auto throttle = std::make_shared<Throttle>(ByteCount{1});
  options.stream.throttle = throttle;
  const auto job = start(options);
  CHECK(becomes_true(patience, [&] { return throttle->stats().waiting > 0; }));
  SECTION("changed") {
    throttle->set_rate({});
    job->wait();
    CHECK(bed.dst("SELECT count(*) FROM t") == "20000");
  }
  SECTION("stopped") {
    job->request_stop();
    CHECK(job->error().kind() == ErrorKind::cancelled);
    CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  }
}

TEST_CASE("throttle: without replicas there is nothing to wait for", "[server]") {
  const Bed bed;
  make_wide_rows(bed);
  auto options = some_copy(bed);
  options.stream.throttle = std::make_shared<Throttle>(ByteCount{}, std::chrono::seconds(1));
  CHECK(CopyTable(options).run().rows_inserted == 20000);
}

TEST_CASE("budget: what jobs have in memory is bounded together, and given back", "[server]") {
  const Bed bed;
  make_wide_rows(bed);
  auto options = some_copy(bed);
  const auto budget = std::make_shared<MemoryBudget>(ByteCount{64U << 10U});
  options.stream.budget = budget;
  SECTION("rows that fit") {
    CHECK(CopyTable(options).run().rows_inserted == 20000);
  }
  SECTION("one that does not") {
    bed.src("INSERT INTO t VALUES (0, repeat('y', 1000000))");
    CHECK(CopyTable(options).run().rows_inserted == 20001);
  }
  const MemoryBudgetStats stats = budget->stats();
  CHECK(stats.held.count() == 0);
  CHECK(stats.high_water.count() > 0);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
