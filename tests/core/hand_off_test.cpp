#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/asleep.hpp"
#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::ReadResult;
using leat::Stopped;

TEMPLATE_TEST_CASE("Hand-off: items come out in the order in which they went in", "[core]", Locked,
                   LockFree) {
  typename TestType::template Of<int> hand_off({.items = 1000});
  auto producer = hand_off.register_producer();
  for (int i = 0; i < 50; ++i) hand_off.write(i, {});
  std::vector<int> more;
  for (int i = 50; i < 100; ++i) more.push_back(i);
  hand_off.write_all(std::move(more), {});
  producer.sign_off();
  for (int i = 0; i < 100; ++i) CHECK(hand_off.read({}) == i);
  CHECK_FALSE(hand_off.read({}).has_value());
}

TEMPLATE_TEST_CASE(
    "Hand-off: readers get the end only after the last producer signed off and the buffer is drained",
    "[core]", Locked, LockFree) {
  typename TestType::template Of<int> hand_off;
  int item = 0;
  CHECK(hand_off.read_for(item, 0ns, {}) == ReadResult::timeout);  // nobody registered yet: not the end
  auto first = hand_off.register_producer();
  {
    auto second = hand_off.register_producer();
    hand_off.write(1, {});
  }
  CHECK(hand_off.read_for(item, 0ns, {}) == ReadResult::item);
  CHECK(hand_off.read_for(item, 0ns, {}) == ReadResult::timeout);
  hand_off.write(2, {});
  auto moved = std::move(first);
  moved.sign_off();
  moved.sign_off();
  CHECK(hand_off.read_for(item, 0ns, {}) == ReadResult::item);
  CHECK(item == 2);
  CHECK(hand_off.read_for(item, 0ns, {}) == ReadResult::end);
  CHECK(hand_off.read_for(item, 1h, {}) == ReadResult::end);
  std::vector<int> items;
  CHECK(hand_off.read_some(items, 10, {}) == 0);
  CHECK_THROWS_AS(hand_off.register_producer(), std::logic_error);
}

TEMPLATE_TEST_CASE("Hand-off: an item wakes a reader that sleeps, and so does the end", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("an item wakes a reader that sleeps");
  typename TestType::template Of<int> hand_off;
  auto producer = hand_off.register_producer();
  Sleeper first;
  Sleeper second;
  std::atomic<int> got{0};
  std::atomic<bool> ended{false};
  std::jthread reader(until_time_is_over([&] {
    first.about_to_block();
    got = hand_off.read({}).value_or(-1);
    second.about_to_block();
    ended = !hand_off.read({}).has_value();
  }));
  first.await_asleep();
  hand_off.write(7, {});
  for (; got == 0; std::this_thread::yield()) Watchdog::check();
  CHECK(got == 7);
  second.await_asleep();
  producer.sign_off();
  reader.join();
  CHECK(ended);
}

TEMPLATE_TEST_CASE("Hand-off: a run of items wakes as many readers as it can feed", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("a run of items wakes readers");
  typename TestType::template Of<int> hand_off;
  auto producer = hand_off.register_producer();
  Sleeper sleepers[2];
  std::atomic<int> got{0};
  {
    std::jthread one(until_time_is_over([&] {
      sleepers[0].about_to_block();
      got += hand_off.read({}).value_or(-100);
    }));
    std::jthread other(until_time_is_over([&] {
      sleepers[1].about_to_block();
      got += hand_off.read({}).value_or(-100);
    }));
    sleepers[0].await_asleep();
    sleepers[1].await_asleep();
    hand_off.write_all(std::vector<int>{1, 2}, {});
  }
  CHECK(got == 3);
}

TEMPLATE_TEST_CASE("Hand-off: read_some takes what is at hand and not more than asked", "[core]", Locked,
                   LockFree) {
  typename TestType::template Of<int> hand_off;
  auto producer = hand_off.register_producer();
  for (int i = 0; i < 5; ++i) hand_off.write(i, {});
  std::vector<int> items{-1};
  CHECK(hand_off.read_some(items, 3, {}) == 3);
  CHECK(hand_off.read_some(items, 3, {}) == 2);
  CHECK(items == std::vector<int>{-1, 0, 1, 2, 3, 4});
}

TEMPLATE_TEST_CASE("Hand-off: items that can only be moved pass", "[core]", Locked, LockFree) {
  typename TestType::template Of<std::unique_ptr<std::string>> hand_off;
  auto producer = hand_off.register_producer();
  hand_off.write(std::make_unique<std::string>("row"), {});
  auto item = hand_off.read({});
  REQUIRE(item);
  CHECK(**item == "row");
}

TEMPLATE_TEST_CASE("Hand-off: the first failure is kept and everybody unwinds with Stopped", "[core]", Locked,
                   LockFree) {
  typename TestType::template Of<int> hand_off;
  auto producer = hand_off.register_producer();
  hand_off.write(1, {});
  CHECK(hand_off.failure() == nullptr);
  const auto first = std::make_exception_ptr(std::runtime_error("first"));
  hand_off.fail(first);
  hand_off.fail(std::make_exception_ptr(std::runtime_error("second")));
  CHECK(hand_off.failure() == first);
  int item = 0;
  std::vector<int> items;
  CHECK_THROWS_AS(hand_off.read({}), Stopped);
  CHECK_THROWS_AS(hand_off.read_for(item, 0ns, {}), Stopped);
  CHECK_THROWS_AS(hand_off.read_some(items, 1, {}), Stopped);
  CHECK_THROWS_AS(hand_off.write(1, {}), Stopped);
  CHECK_THROWS_AS(hand_off.write_for(item, 0ns, {}), Stopped);
  CHECK_THROWS_AS(hand_off.write_all(std::vector<int>{1}, {}), Stopped);
  CHECK_THROWS_AS(hand_off.wait_published({}), Stopped);
}

TEMPLATE_TEST_CASE("Hand-off: failing drops the buffered items", "[core]", Locked, LockFree) {
  typename TestType::template Of<std::shared_ptr<int>> hand_off;
  auto producer = hand_off.register_producer();
  const auto item = std::make_shared<int>(1);
  hand_off.write(item, {});
  hand_off.write(item, {});
  hand_off.write(item, {});
  CHECK(hand_off.read({}) == item);  // the others may be on the readers' side by now,
  hand_off.write(item, {});          // and this one is still on the writers'
  hand_off.fail(std::make_exception_ptr(1));
  CHECK(item.use_count() == 1);
  CHECK(hand_off.stats().depth == 0);
  CHECK(hand_off.stats().bytes_buffered == 0);
  CHECK(hand_off.stats().items == 1);
}

TEMPLATE_TEST_CASE("Hand-off: failing, abandoning and a stop request wake blocked readers and writers",
                   "[core]", Locked, LockFree) {
  const Watchdog watchdog("failing, abandoning and a stop request wake");
  for (int round = 0; round < 9; ++round) {
    typename TestType::template Of<int> full({.items = 1});
    typename TestType::template Of<int> empty;
    auto producer = full.register_producer();
    auto other = empty.register_producer();
    full.write(0, {});
    std::stop_source stop;
    bool unwound = false;
    Sleeper sleeper;
    std::jthread worker(until_time_is_over([&, operation = round / 3] {
      sleeper.about_to_block();
      try {
        if (operation == 0) full.write(1, stop.get_token());
        if (operation == 1) static_cast<void>(empty.read(stop.get_token()));
        if (operation == 2) static_cast<void>(empty.wait_published(stop.get_token()));
      } catch (const Stopped&) {
        unwound = true;
      }
    }));
    sleeper.await_asleep();
    if (round % 3 == 0) {
      stop.request_stop();
    } else if (round % 3 == 1) {
      full.fail(std::make_exception_ptr(1));
      empty.fail(std::make_exception_ptr(1));
    } else {
      full.abandon();
      empty.abandon();
    }
    worker.join();
    REQUIRE(unwound);
  }
}

TEMPLATE_TEST_CASE("Hand-off: a requested stop is met even where nothing would block", "[core]", Locked,
                   LockFree) {
  typename TestType::template Of<int> hand_off;
  auto producer = hand_off.register_producer();
  hand_off.write(1, {});
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(hand_off.read(stop.get_token()), Stopped);
  CHECK_THROWS_AS(hand_off.write(2, stop.get_token()), Stopped);
  producer.sign_off();
  CHECK(hand_off.read({}) == 1);
  CHECK_THROWS_AS(hand_off.read(stop.get_token()), Stopped);  // and not the end
}

TEMPLATE_TEST_CASE("Hand-off: the header is published once and reaches those who wait", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("the header is published once");
  typename TestType::template Of<int, std::string> hand_off;
  auto producer = hand_off.register_producer();
  std::string seen;
  Sleeper sleeper;
  std::jthread reader(until_time_is_over([&] {
    sleeper.about_to_block();
    seen = hand_off.wait_published({});
  }));
  sleeper.await_asleep();
  hand_off.publish("schema");
  reader.join();
  CHECK(seen == "schema");
  CHECK_THROWS_AS(hand_off.publish("again"), std::logic_error);
  producer.sign_off();
  CHECK(hand_off.wait_published({}) == "schema");
}

TEMPLATE_TEST_CASE("Hand-off: who waits for a header is stopped when the producers end without one", "[core]",
                   Locked, LockFree) {
  const Watchdog watchdog("who waits for a header");
  typename TestType::template Of<int, std::string> hand_off;
  auto producer = hand_off.register_producer();
  bool stopped = false;
  Sleeper sleeper;
  std::jthread reader(until_time_is_over([&] {
    sleeper.about_to_block();
    try {
      static_cast<void>(hand_off.wait_published({}));
    } catch (const Stopped&) {
      stopped = true;
    }
  }));
  sleeper.await_asleep();
  producer.sign_off();
  reader.join();
  CHECK(stopped);
}
