#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/consumer.hpp"
#include "leat/core/error.hpp"
#include "leat/core/producer.hpp"
#include "leat/core/stage.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Consumer;
using leat::PoolGroup;
using leat::Producer;
using leat::Stage;

TEMPLATE_TEST_CASE("Pools: everything that producers write reaches the consumers", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("everything reaches the consumers");
  using H = typename TestType::template Of<int>;
  H hand_off({.items = 7});
  std::atomic<long> sum{0};
  PoolGroup group;
  group.add(Producer<int, H>({.name = "read", .workers = 3}, hand_off, [](H& out, std::stop_token stop) {
    for (int i = 1; i <= 1000; ++i) out.write(i, stop);
  }));
  group.add(Consumer<int, H>({.name = "write", .workers = 2}, hand_off, [&](H& in, std::stop_token stop) {
    while (auto item = in.read(stop)) sum += *item;
  }));
  group.wait();
  CHECK(sum == 3 * 500500);
}

TEST_CASE("Pools: each worker has an object of its own, destroyed before the group has ended", "[core]") {
  struct Counts {
    std::atomic<int> made{0};
    std::atomic<int> alive{0};
    std::atomic<int> sum{0};
  } counts;
  struct Count : leat::ProducerBody<int> {
    Counts& counts_;
    int worker_;
    Count(Counts& counts_to, std::size_t worker) : counts_(counts_to), worker_(static_cast<int>(worker)) {
      ++counts_.made;
      ++counts_.alive;
    }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() override { --counts_.alive; }
    void produce(leat::Monitor<int>& out, std::stop_token stop) override { out.write(worker_, stop); }
  };
  struct Sum : leat::ConsumerBody<int> {
    Counts& counts_;
    explicit Sum(Counts& counts_to) : counts_(counts_to) {}
    void consume(leat::Monitor<int>& in, std::stop_token stop) override {
      while (auto item = in.read(stop)) counts_.sum += *item;
    }
  };
  WatchedMonitor<int> monitor;
  PoolGroup group;
  group.add(Producer<int>::of({.name = "count", .workers = 4}, monitor,
                              [&](std::size_t worker) { return std::make_unique<Count>(counts, worker); }));
  group.add(Consumer<int>::of({.name = "sum"}, monitor,
                              [&](std::size_t) { return std::make_unique<Sum>(counts); }));
  group.wait();
  CHECK(counts.made == 4);
  CHECK(counts.alive == 0);
  CHECK(counts.sum == 0 + 1 + 2 + 3);
}

TEST_CASE("Pools: a stage reads one monitor and writes another", "[core]") {
  const Watchdog watchdog("a stage");
  using M = leat::Monitor<int>;
  WatchedMonitor<int> numbers({.items = 2});
  WatchedMonitor<int> doubled({.items = 3});
  std::vector<int> result;
  PoolGroup group;
  group.add(Producer<int>({.name = "numbers"}, numbers, [](M& out, std::stop_token stop) {
    for (int i = 0; i < 100; ++i) out.write(i, stop);
  }));
  group.add(Stage<M, M>({.name = "double", .workers = 3}, numbers, doubled,
                        [](M& in, M& out, std::stop_token stop) {
                          while (auto item = in.read(stop)) out.write(*item * 2, stop);
                        }));
  group.add(Consumer<int>({.name = "collect"}, doubled, [&](M& in, std::stop_token stop) {
    while (auto item = in.read(stop)) result.push_back(*item);
  }));
  group.wait();
  std::ranges::sort(result);
  REQUIRE(result.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(result[static_cast<std::size_t>(i)] == 2 * i);
}

TEMPLATE_TEST_CASE("Pools: consumers that want no more release the producers of the whole chain", "[core]",
                   Locked, LockFree) {
  const Watchdog watchdog("consumers that want no more");
  using H = typename TestType::template Of<int>;
  H first({.items = 2});
  H second({.items = 2});
  PoolGroup group;
  group.add(Producer<int, H>({.name = "endless", .workers = 2}, first, [](H& out, std::stop_token stop) {
    for (int i = 0;; ++i) out.write(i, stop);
  }));
  group.add(
      Stage<H, H>({.name = "pass", .workers = 2}, first, second, [](H& in, H& out, std::stop_token stop) {
        while (auto item = in.read(stop)) out.write(*item, stop);
      }));
  group.add(Consumer<int, H>({.name = "limit", .workers = 2}, second, [](H& in, std::stop_token stop) {
    for (int i = 0; i < 10; ++i) static_cast<void>(in.read(stop));
  }));
  CHECK_NOTHROW(group.wait());
}

TEST_CASE("Pools: a monitor with two consumer pools is abandoned only when both are gone", "[core]") {
  const Watchdog watchdog("two consumer pools");
  using M = leat::Monitor<int>;
  WatchedMonitor<int> monitor({.items = 2});
  std::atomic<int> written{0};
  std::atomic<int> read{0};
  PoolGroup group;
  group.add(Consumer<int>({.name = "none"}, monitor, [](M&, std::stop_token) {}));
  group.add(Consumer<int>({.name = "all"}, monitor, [&](M& in, std::stop_token stop) {
    while (in.read(stop)) ++read;
  }));
  group.add(Producer<int>({.name = "write"}, monitor, [&](M& out, std::stop_token stop) {
    for (; written < 1000; ++written) out.write(1, stop);
  }));
  group.wait();
  CHECK(written == 1000);
  CHECK(read == 1000);
}

TEST_CASE("Pools: threads are named after the pool and the worker", "[core]") {
  WatchedMonitor<int> monitor;
  std::mutex mutex;
  std::vector<std::string> names;
  PoolGroup group;
  group.add(Producer<int>({.name = "a-long-pool-name", .workers = 2}, monitor, [&](auto&, std::stop_token) {
    std::array<char, 16> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    const std::lock_guard lock(mutex);
    names.emplace_back(name.data());
  }));
  group.wait();
  std::ranges::sort(names);
  CHECK(names == std::vector<std::string>{"a-long-pool-n/0", "a-long-pool-n/1"});
}

TEST_CASE("Pools: wait_for says whether every worker has finished", "[core]") {
  const Watchdog watchdog("wait_for");
  WatchedMonitor<int> monitor;
  PoolGroup group;
  std::mutex gate;
  std::unique_lock closed(gate);
  group.add(Producer<int>({.name = "gated"}, monitor,
                          [&](auto&, std::stop_token) { const std::lock_guard pass(gate); }));
  group.start();
  CHECK_FALSE(group.wait_for(0ns));
  CHECK_FALSE(group.wait_for(1us));
  closed.unlock();
  CHECK(group.wait_for(std::chrono::nanoseconds::max()));
  CHECK_NOTHROW(group.wait());
}

TEST_CASE("Pools: a pool without workers is refused by name", "[core]") {
  WatchedMonitor<int> monitor;
  PoolGroup group;
  try {
    group.add(Consumer<int>({.name = "idle", .workers = 0}, monitor, [](auto&, std::stop_token) {}));
    FAIL("accepted");
  } catch (const leat::Error& error) {
    CHECK(error.kind() == leat::ErrorKind::config);
    CHECK(std::string(error.what()).find("idle") != std::string::npos);
  }
}

TEST_CASE("Pools: a group is started once and takes no pool afterwards", "[core]") {
  WatchedMonitor<int> monitor;
  PoolGroup group;
  group.start();
  CHECK_THROWS_AS(group.start(), std::logic_error);
  CHECK_THROWS_AS(group.add(Consumer<int>({.name = "late"}, monitor, [](auto&, std::stop_token) {})),
                  std::logic_error);
}
