// The queue of units that coordinators are made of.
#include "leat/work/unit_queue.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "leat/core/error.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::vector<Unit> units(std::size_t count) {
  std::vector<Unit> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back({.number = static_cast<std::int64_t>(i), .definition = std::to_string(i)});
  }
  return all;
}

}  // namespace

TEST_CASE("unit queue: each unit is taken once, and the end comes when all are done") {
  UnitQueue queue(units(2));
  const auto first = queue.take({});
  const auto second = queue.take({});
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->number == 0);
  CHECK(second->number == 1);
  queue.done();
  queue.retry(*second, {});
  CHECK(queue.take({})->number == 1);
  queue.add({.number = 2});
  queue.done();
  CHECK(queue.take({})->number == 2);
  queue.done();
  CHECK_FALSE(queue.take({}));
  CHECK(queue.counts().total == 3);
  CHECK(queue.counts().done == 3);
  CHECK(queue.counts().retries == 1);
}

TEST_CASE("unit queue: a stop ends the wait") {
  UnitQueue queue(units(1));
  static_cast<void>(queue.take({}));
  std::stop_source stop;
  std::atomic<bool> stopped{false};
  std::jthread waiter([&] {
    try {
      static_cast<void>(queue.take(stop.get_token()));
    } catch (const Stopped&) {
      stopped = true;
    }
  });
  stop.request_stop();
  waiter.join();
  CHECK(stopped);
}

TEST_CASE("unit queue: threads that fail, cut and finish units at random lose and double none", "[random]") {
  const RandomRun run(20);
  std::mt19937 seeds(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    constexpr std::size_t count = 200;
    UnitQueue queue(units(count));
    std::mutex mutex;
    std::vector<std::int64_t> done;
    std::atomic<std::int64_t> next{count};
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, seed = seeds()] {
          std::mt19937 random(seed);
          while (auto unit = queue.take({})) {
            const auto what = random() % 4;
            if (what == 0 && unit->attempts < 3) {
              ++unit->attempts;
              queue.retry(*unit, std::chrono::steady_clock::now());
              continue;
            }
            if (what == 1) queue.add({.number = next++});
            {
              const std::lock_guard lock(mutex);
              done.push_back(unit->number);
            }
            queue.done();
          }
        });
      }
    }
    std::sort(done.begin(), done.end());
    CHECK(done.size() == static_cast<std::size_t>(next));
    CHECK(std::adjacent_find(done.begin(), done.end()) == done.end());
    CHECK(queue.counts().done == queue.counts().total);
  }
}
