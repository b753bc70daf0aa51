#include "leat/core/outbox.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/asleep.hpp"
#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "support/random.hpp"

using namespace std::chrono_literals;
using leat::Outbox;
using leat::ReadResult;
using leat::Stopped;

namespace {

struct TenBytes {
  int value = 0;
  friend std::size_t byte_weight(const TenBytes&) { return 10; }
};

struct Numbered {
  std::uint32_t writer = 0;
  std::uint32_t ordinal = 0;
};

}  // namespace

TEST_CASE("Outbox: items come out in the order in which they went in", "[core]") {
  const std::size_t limit = GENERATE(as<std::size_t>(), 1, 2, 3, 100, 1000);
  const Watchdog watchdog("items come out in order");
  WatchedMonitor<int> monitor({.items = limit});
  auto producer = monitor.register_producer();
  std::jthread writer(until_time_is_over([&] {
    Outbox<int> out(monitor);
    for (int i = 0; i < 1000; ++i) out.write(i, {});
    out.flush();
    producer.sign_off();
  }));
  for (int i = 0; i < 1000; ++i) REQUIRE(monitor.read({}) == i);
  CHECK_FALSE(monitor.read({}).has_value());
}

TEST_CASE("Outbox: a reader takes what a resting writer has not flushed", "[core]") {
  const Watchdog watchdog("a reader takes what was not flushed");
  WatchedMonitor<int> monitor({.items = 1000});
  auto producer = monitor.register_producer();
  Outbox<int> out(monitor);
  out.write(1, {});
  out.write(2, {});
  CHECK(monitor.read({}) == 1);
  out.write(3, {});
  CHECK(monitor.read({}) == 2);
  int item = 0;
  CHECK(monitor.read_for(item, 0ns, {}) == ReadResult::item);
  CHECK(item == 3);
  CHECK(monitor.read_for(item, 0ns, {}) == ReadResult::timeout);
}

TEST_CASE("Outbox: one item wakes a reader that sleeps", "[core]") {
  const Watchdog watchdog("one item wakes a reader");
  WatchedMonitor<int> monitor({.items = 1000});
  auto producer = monitor.register_producer();
  Outbox<int> out(monitor);
  for (int i = 0; i < 20; ++i) {
    Sleeper sleeper;
    std::jthread reader(until_time_is_over([&] {
      sleeper.about_to_block();
      CHECK(monitor.read({}) == i);
    }));
    sleeper.await_asleep();
    out.write(i, {});
  }
}

TEST_CASE("Outbox: no more is taken than the bounds allow", "[core]") {
  const Watchdog watchdog("no more than the bounds allow");
  SECTION("items") {
    const std::size_t limit = GENERATE(as<std::size_t>(), 1, 2, 7, 64);
    WatchedMonitor<int> monitor({.items = limit});
    auto producer = monitor.register_producer();
    Outbox<int> out(monitor);
    for (std::size_t i = 0; i < limit; ++i) out.write(0, {});
    std::stop_source stop;
    Sleeper sleeper;
    std::jthread writer(until_time_is_over([&] {
      sleeper.about_to_block();
      CHECK_THROWS_AS(out.write(0, stop.get_token()), Stopped);
    }));
    sleeper.await_asleep();
    CHECK(monitor.stats().depth == limit);
    stop.request_stop();
  }
  SECTION("bytes") {
    WatchedMonitor<TenBytes> monitor({.items = 1000, .bytes = leat::ByteCount{35}});
    auto producer = monitor.register_producer();
    Outbox<TenBytes> out(monitor);
    for (int i = 0; i < 3; ++i) out.write({i}, {});
    std::stop_source stop;
    Sleeper sleeper;
    std::jthread writer(until_time_is_over([&] {
      sleeper.about_to_block();
      CHECK_THROWS_AS(out.write({3}, stop.get_token()), Stopped);
    }));
    sleeper.await_asleep();
    CHECK(monitor.stats().bytes_buffered == 30);
    stop.request_stop();
  }
}

TEST_CASE("Outbox: places that were reserved ahead are given back", "[core]") {
  WatchedMonitor<int> monitor({.items = 8});
  auto producer = monitor.register_producer();
  for (int round = 0; round < 3; ++round) {
    Outbox<int> out(monitor);
    out.write(0, {});
    out.flush();
    CHECK(monitor.read({}) == 0);
  }
  for (int i = 0; i < 8; ++i) {
    CHECK(monitor.write_for(i, 0ns, {}));
  }
}

TEST_CASE("Outbox: a writer that rests keeps no other from its place", "[core]") {
  const Watchdog watchdog("a writer that rests keeps no other from its place");
  WatchedMonitor<int> monitor({.items = 16});
  auto producer = monitor.register_producer();
  Outbox<int> resting(monitor, 2);
  resting.write(-1, {});
  std::jthread other(until_time_is_over([&] {
    Outbox<int> out(monitor, 2);
    for (int i = 0; i < 1000; ++i) out.write(i, {});
    out.flush();
  }));
  for (int i = 0; i < 1001; ++i) CHECK(monitor.read({}).has_value());
}

TEST_CASE("Outbox: failing drops what it holds and ends its writer", "[core]") {
  WatchedMonitor<std::shared_ptr<int>> monitor;
  auto producer = monitor.register_producer();
  Outbox<std::shared_ptr<int>> out(monitor);
  const auto item = std::make_shared<int>(1);
  out.write(item, {});
  CHECK(item.use_count() == 2);
  monitor.fail(nullptr);
  CHECK(item.use_count() == 1);
  CHECK_THROWS_AS(out.write(item, {}), Stopped);
  CHECK_THROWS_AS(out.flush(), Stopped);
  CHECK(item.use_count() == 1);
}

TEST_CASE("Monitor: wait_for_room tells how many items may be written", "[core]") {
  const Watchdog watchdog("wait_for_room");
  WatchedMonitor<int> monitor({.items = 4});
  auto producer = monitor.register_producer();
  CHECK(monitor.wait_for_room({}) == 4);
  monitor.write(0, {});
  CHECK(monitor.wait_for_room({}) == 3);
  for (int i = 0; i < 3; ++i) monitor.write(0, {});
  std::size_t room = 0;
  Sleeper sleeper;
  std::jthread writer(until_time_is_over([&] {
    sleeper.about_to_block();
    room = monitor.wait_for_room({});
  }));
  sleeper.await_asleep();
  for (int i = 0; i < 3; ++i) static_cast<void>(monitor.read({}));
  writer.join();
  CHECK(room >= 2);
}

TEST_CASE("Outbox: random runs lose nothing, double nothing and keep each writer's order", "[core][random]") {
  const leat::test::RandomRun run(300);
  std::minstd_rand random(run.seed());
  const auto pick = [&random](std::uint32_t low, std::uint32_t high) {
    return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
  };
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("run " << round);
    const Watchdog watchdog("a random run of outboxes");
    const std::uint32_t writers = pick(1, 4);
    const std::uint32_t readers = pick(1, 3);
    const std::uint32_t items_each = pick(0, 400);
    const bool fails = pick(0, 3) == 0;
    const std::uint32_t fails_after = pick(0, 400);
    WatchedMonitor<Numbered> monitor({.items = pick(1, 300)});
    std::vector<WatchedMonitor<Numbered>::Registration> producers;
    for (std::uint32_t i = 0; i < writers; ++i) producers.push_back(monitor.register_producer());
    std::vector<std::vector<std::uint32_t>> read(readers, std::vector<std::uint32_t>(writers));
    std::atomic<bool> ordered{true};
    {
      std::vector<std::jthread> threads;
      for (std::uint32_t w = 0; w < writers; ++w) {
        threads.emplace_back([&, w, plain = pick(0, 3) == 0, pause = pick(1, 100)] {
          try {
            Outbox<Numbered> out(monitor, writers);
            for (std::uint32_t i = 1; i <= items_each; ++i) {
              if (plain) {
                monitor.write({w, i}, {});
              } else {
                out.write({w, i}, {});
              }
              if (i % pause == 0) std::this_thread::yield();
            }
            out.flush();
          } catch (const Stopped&) {
          }
          producers[w].sign_off();
        });
      }
      for (std::uint32_t r = 0; r < readers; ++r) {
        threads.emplace_back([&, r, most = pick(1, 70)] {
          std::vector<std::uint32_t> last(writers);
          std::vector<Numbered> items;
          std::uint32_t taken = 0;
          try {
            while (monitor.read_some(items, most, {}) != 0) {
              for (const Numbered& item : items) {
                if (item.ordinal <= last[item.writer]) ordered = false;
                last[item.writer] = item.ordinal;
                ++read[r][item.writer];
              }
              taken += static_cast<std::uint32_t>(items.size());
              items.clear();
              if (fails && r == 0 && taken > fails_after) monitor.fail(nullptr);
            }
          } catch (const Stopped&) {
          }
        });
      }
    }
    REQUIRE(ordered);
    if (!fails) {
      for (std::uint32_t w = 0; w < writers; ++w) {
        std::uint32_t sum = 0;
        for (const auto& counts : read) sum += counts[w];
        REQUIRE(sum == items_each);
      }
    }
  }
}
