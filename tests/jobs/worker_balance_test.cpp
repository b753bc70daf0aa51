// How many sessions read and write, by where time is waited.
#include "leat/work/worker_balance.hpp"

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "advisory_gate.hpp"
#include "bed.hpp"
#include "leat/core/error.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr WorkerLimits one_to_eight{.least = {}, .most = {.readers = 8, .writers = 8}};

WorkerCounts after(WorkerCounts now, WaitShares waited, int looks, const WorkerLimits& limits) {
  for (int i = 0; i < looks; ++i) now = balanced_workers(now, waited, limits);
  return now;
}

}  // namespace

TEST_CASE("balance: half of the workers begin, two at least") {
  CHECK(first_workers(one_to_eight) == WorkerCounts{4, 4});
  CHECK(first_workers({.most = {.readers = 2, .writers = 1}}) == WorkerCounts{2, 1});
  CHECK(first_workers({.most = {.readers = 3, .writers = 1}}) == WorkerCounts{2, 1});
  CHECK(first_workers({.least = {.readers = 8, .writers = 1}, .most = {.readers = 8, .writers = 8}}) ==
        WorkerCounts{8, 4});
}

TEST_CASE("balance: the slow side gets workers, then the fast one loses some") {
  const WaitShares slow_target{.readers = 0.9, .writers = 0.05};
  CHECK(balanced_workers({4, 4}, slow_target, one_to_eight) == WorkerCounts{4, 5});
  CHECK(after({4, 4}, slow_target, 5, one_to_eight) == WorkerCounts{3, 8});
  CHECK(after({4, 4}, slow_target, 100, one_to_eight) == WorkerCounts{1, 8});
  const WaitShares slow_source{.readers = 0.05, .writers = 0.9};
  CHECK(balanced_workers({4, 4}, slow_source, one_to_eight) == WorkerCounts{5, 4});
  CHECK(after({4, 4}, slow_source, 100, one_to_eight) == WorkerCounts{8, 1});
}

TEST_CASE("balance: nothing changes where both wait, or none does") {
  CHECK(balanced_workers({4, 4}, {.readers = 0.9, .writers = 0.9}, one_to_eight) == WorkerCounts{4, 4});
  CHECK(balanced_workers({4, 4}, {.readers = 0.1, .writers = 0.1}, one_to_eight) == WorkerCounts{4, 4});
}

TEST_CASE("balance: a number that the user gave stays") {
  const WorkerLimits fixed_readers{.least = {.readers = 4, .writers = 1},
                                   .most = {.readers = 4, .writers = 8}};
  CHECK(after({4, 4}, {.readers = 0.9, .writers = 0}, 100, fixed_readers) == WorkerCounts{4, 8});
  CHECK(after({4, 4}, {.readers = 0, .writers = 0.9}, 100, fixed_readers) == WorkerCounts{4, 1});
}

TEST_CASE("gate: never more workers than are allowed, and all end when it is closed", "[random]") {
  const RandomRun run(200);
  constexpr std::size_t workers = 6;
  WorkerGate gate(workers);
  // Raised before the gate opens further, and lowered once those that rest are known to.
  std::atomic<std::size_t> passes{0};
  std::atomic<bool> closed{false};
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] {
      while (!closed) {
        gate.pass(i, {});
        ++passes;
      }
    });
  }
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const std::size_t allowed = 1 + random() % workers;
    gate.allow(allowed);
    CHECK(gate.lets_through(allowed - 1));
    CHECK((allowed == workers || !gate.lets_through(allowed)));
    for (const auto before = passes.load(); passes == before;) std::this_thread::yield();
  }
  closed = true;
  gate.close();
  threads.clear();
  CHECK(gate.lets_through(workers));
}

TEST_CASE("gate: a stop ends the rest") {
  WorkerGate gate(1);
  std::stop_source stop;
  std::atomic<bool> stopped{false};
  std::jthread worker([&] {
    try {
      gate.pass(1, stop.get_token());
    } catch (const Stopped&) {
      stopped = true;
    }
  });
  stop.request_stop();
  worker.join();
  CHECK(stopped);
}

TEST_CASE("wait clock: a wait that goes on counts") {
  WaitClock clock;
  const WaitClock::Wait wait(clock);
  for (const auto begin = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() == begin;)
    std::this_thread::yield();
  const auto first = clock.total();
  CHECK(first.count() > 0);
  for (const auto begin = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() == begin;)
    std::this_thread::yield();
  CHECK(clock.total() > first);
}

TEST_CASE("delivery: readers rest and writers are added while the target keeps them waiting", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 20000) i");
  bed.dst("CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM " +
          AdvisoryGate::wait +
          "; RETURN NEW; END $$; "
          "CREATE TRIGGER waits BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION waits()");
  auto options = bed.copy();
  AdvisoryGate gate(options.target.target);
  options.mode = WriteMode::append;
  options.delivery = {.job = "slow", .on_lost_snapshot = OnLostSnapshot::carry_on};
  options.readers = 3;
  options.writers = 4;
  options.may_rest = {.readers = true, .writers = true};
  options.slice_bytes = ByteCount{256U << 10U};
  options.stream.progress_interval = std::chrono::milliseconds(50);
  std::size_t most_writers = 0;
  bool opened = false;
  bool has_slices = true;
  options.stream.on_progress = [&](const Progress& progress) {
    if (!progress.slices) {
      has_slices = false;
      return;
    }
    most_writers = std::max(most_writers, progress.slices->writers);
    if (opened || progress.slices->readers > 1) return;
    gate.open();
    opened = true;
  };
  const JobReport report = CopyTable(options).run();
  CHECK(has_slices);
  CHECK(opened);
  CHECK(most_writers == 4);
  CHECK(report.waited_for_target.count() > 0);
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "20000|20000");
}
