#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "core/asleep.hpp"
#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;

namespace {

struct Parcel {
  std::size_t weight = 0;
  friend std::size_t byte_weight(const Parcel& parcel) { return parcel.weight; }
};

static_assert(leat::Weighed<Parcel>);
static_assert(!leat::Weighed<std::string>);

}  // namespace

TEMPLATE_TEST_CASE("Hand-off: bounds that make no sense are refused by name", "[core]", Locked, LockFree) {
  using H = typename TestType::template Of<int>;
  try {
    const H hand_off({.items = 0});
    FAIL("accepted");
  } catch (const leat::Error& error) {
    CHECK(error.kind() == leat::ErrorKind::config);
    CHECK(std::string(error.what()).find("items") != std::string::npos);
  }
}

TEMPLATE_TEST_CASE("Hand-off: write blocks at capacity and resumes after a read", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("write blocks at capacity");
  typename TestType::template Of<int> hand_off({.items = 2});
  auto producer = hand_off.register_producer();
  hand_off.write(0, {});
  hand_off.write(1, {});
  int third = 2;
  CHECK_FALSE(hand_off.write_for(third, 0ns, {}));
  CHECK_FALSE(hand_off.write_for(third, -1ns, {}));
  CHECK_FALSE(hand_off.write_for(third, 1us, {}));
  Sleeper sleeper;
  std::jthread writer(until_time_is_over([&] {
    sleeper.about_to_block();
    hand_off.write(2, {});
  }));
  sleeper.await_asleep();
  CHECK(hand_off.read({}) == 0);
  writer.join();
  CHECK(hand_off.stats().depth == 2);
  CHECK(hand_off.stats().high_water == 2);
  CHECK(hand_off.read({}).has_value());
  CHECK(hand_off.write_for(third, std::chrono::nanoseconds::max(), {}));
}

TEMPLATE_TEST_CASE("Hand-off: a write that timed out leaves the item with its owner", "[core]", Locked,
                   LockFree) {
  typename TestType::template Of<std::string> hand_off({.items = 1});
  auto producer = hand_off.register_producer();
  hand_off.write("first", {});
  std::string second = "a text that is too long for the small string optimisation";
  const std::string copy = second;
  CHECK_FALSE(hand_off.write_for(second, 1us, {}));
  CHECK(second == copy);
}

TEMPLATE_TEST_CASE("Hand-off: bytes bound items that weigh the same", "[core]", Locked, LockFree) {
  typename TestType::template Of<std::uint64_t> hand_off({.items = 100, .bytes = leat::ByteCount{24}});
  auto producer = hand_off.register_producer();
  std::uint64_t item = 0;
  CHECK(hand_off.write_for(item, 0ns, {}));
  CHECK(hand_off.write_for(item, 0ns, {}));
  CHECK(hand_off.write_for(item, 0ns, {}));
  CHECK_FALSE(hand_off.write_for(item, 0ns, {}));
  CHECK(hand_off.stats().bytes_buffered == 24);
}

TEMPLATE_TEST_CASE("Hand-off: bytes bound items of different weight, and a heavier one passes alone",
                   "[core]", Locked, LockFree) {
  typename TestType::template Of<Parcel> hand_off({.items = 100, .bytes = leat::ByteCount{10}});
  auto producer = hand_off.register_producer();
  Parcel heavy{1000};
  Parcel seven{7};
  Parcel four{4};
  Parcel three{3};
  CHECK(hand_off.write_for(heavy, 0ns, {}));
  CHECK_FALSE(hand_off.write_for(three, 0ns, {}));
  CHECK(hand_off.stats().bytes_buffered == 1000);
  CHECK(hand_off.read({})->weight == 1000);
  CHECK(hand_off.write_for(seven, 0ns, {}));
  CHECK_FALSE(hand_off.write_for(four, 0ns, {}));
  CHECK_FALSE(hand_off.write_for(heavy, 0ns, {}));
  CHECK(hand_off.write_for(three, 0ns, {}));
  CHECK(hand_off.stats().bytes_buffered == 10);
  CHECK(hand_off.stats().depth == 2);
}

TEMPLATE_TEST_CASE("Hand-off: a heavy item is let in while another producer writes light ones all the time",
                   "[core]", Locked, LockFree) {
  const Watchdog watchdog("a heavy item is let in");
  typename TestType::template Of<Parcel> hand_off({.items = 8, .bytes = leat::ByteCount{10}});
  auto light = hand_off.register_producer();
  auto heavy = hand_off.register_producer();
  std::stop_source heavy_seen;
  std::jthread light_writer(until_time_is_over([&] {
    while (!heavy_seen.stop_requested()) hand_off.write({2}, {});
    light.sign_off();
  }));
  std::jthread heavy_writer(until_time_is_over([&] {
    hand_off.write({1000}, {});
    heavy.sign_off();
  }));
  while (auto parcel = hand_off.read({})) {
    if (parcel->weight == 1000) heavy_seen.request_stop();
  }
  CHECK(heavy_seen.stop_requested());
}

TEMPLATE_TEST_CASE("Hand-off: write_all passes through a buffer smaller than the run", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("write_all passes");
  typename TestType::template Of<int> hand_off({.items = 3});
  auto producer = hand_off.register_producer();
  std::jthread writer(until_time_is_over([&] {
    std::vector<int> items;
    for (int i = 0; i < 1000; ++i) items.push_back(i);
    hand_off.write_all(std::move(items), {});
    producer.sign_off();
  }));
  std::vector<int> read;
  while (auto item = hand_off.read({})) read.push_back(*item);
  REQUIRE(read.size() == 1000);
  CHECK(std::ranges::is_sorted(read));
  CHECK(hand_off.stats().high_water <= 3);
}

TEMPLATE_TEST_CASE("Hand-off: statistics count what passed and who waited", "[core]", Locked, LockFree) {
  typename TestType::template Of<Parcel> hand_off({.items = 4});
  auto producer = hand_off.register_producer();
  for (std::size_t i = 1; i <= 4; ++i) hand_off.write({i}, {});
  CHECK(hand_off.stats().write_wait == 0ns);
  CHECK(hand_off.read({})->weight == 1);
  CHECK(hand_off.read({})->weight == 2);
  CHECK(hand_off.read({})->weight == 3);
  auto stats = hand_off.stats();
  CHECK(stats.depth == 1);
  CHECK(stats.high_water == 4);
  CHECK(stats.items == 3);
  CHECK(stats.bytes == 6);
  CHECK(stats.bytes_buffered == 4);
  CHECK(stats.read_wait == 0ns);
  CHECK(hand_off.read({})->weight == 4);
  Parcel parcel;
  CHECK(hand_off.read_for(parcel, 1ms, {}) == leat::ReadResult::timeout);
  CHECK(hand_off.stats().read_wait >= 1ms);
  for (std::size_t i = 1; i <= 4; ++i) hand_off.write({i}, {});
  CHECK_FALSE(hand_off.write_for(parcel, 1ms, {}));
  CHECK(hand_off.stats().write_wait >= 1ms);
}
