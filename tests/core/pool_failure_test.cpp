#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/consumer.hpp"
#include "leat/core/error.hpp"
#include "leat/core/producer.hpp"
#include "leat/core/stage.hpp"
#include "support/catch.hpp"

using leat::Consumer;
using leat::PoolGroup;
using leat::Producer;
using leat::Stage;

namespace {

struct Mishap {
  int number;
};

std::ptrdiff_t threads_alive() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator{});
}

/// The kernel lists a joined thread for a moment longer; a thread that was not joined keeps this from
/// returning.
void await_threads(std::ptrdiff_t expected) {
  for (; threads_alive() != expected; std::this_thread::yield()) Watchdog::check();
}

}  // namespace

TEMPLATE_TEST_CASE("Pools: one worker's exception stops all and is what wait() throws, the same object",
                   "[core]", Locked, LockFree) {
  const Watchdog watchdog("one worker's exception");
  using H = typename TestType::template Of<int>;
  for (int failing = 0; failing < 3; ++failing) {
    const auto before = threads_alive();
    H first({.items = 2});
    H second({.items = 2});
    const Mishap* thrown = nullptr;
    std::atomic<bool> saw_end{false};
    const auto fail_here = [&thrown] {
      try {
        throw Mishap{42};
      } catch (const Mishap& mishap) {
        thrown = &mishap;
        throw;
      }
    };
    std::atomic<int> tickets{0};
    PoolGroup group;
    group.add(Producer<int, H>({.name = "p", .workers = 2}, first, [&](H& out, std::stop_token stop) {
      for (int i = 0;; ++i) {
        out.write(i, stop);
        if (failing == 0 && tickets++ == 50) fail_here();
      }
    }));
    group.add(
        Stage<H, H>({.name = "s", .workers = 2}, first, second, [&](H& in, H& out, std::stop_token stop) {
          while (auto item = in.read(stop)) {
            out.write(*item, stop);
            if (failing == 1 && tickets++ == 50) fail_here();
          }
        }));
    group.add(Consumer<int, H>({.name = "c", .workers = 2}, second, [&](H& in, std::stop_token stop) {
      while (in.read(stop)) {
        if (failing == 2 && tickets++ == 50) fail_here();
      }
      saw_end = true;
    }));
    try {
      group.wait();
      FAIL("nothing was thrown");
    } catch (const Mishap& mishap) {
      CHECK(mishap.number == 42);
      CHECK(&mishap == thrown);
    }
    CHECK_FALSE(saw_end);
    await_threads(before);
  }
}

TEMPLATE_TEST_CASE("Pools: an output that was cut short is never taken for a complete one", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("an output that was cut short");
  using H = typename TestType::template Of<int>;
  H hand_off;
  bool saw_end = false;
  bool stopped = false;
  PoolGroup group;
  group.add(Producer<int, H>({.name = "stopped"}, hand_off, [](H& out, std::stop_token stop) {
    out.write(1, stop);
    throw leat::Stopped{};
  }));
  group.add(Consumer<int, H>({.name = "reader"}, hand_off, [&](H& in, std::stop_token stop) {
    try {
      while (in.read(stop)) {
      }
      saw_end = true;
    } catch (const leat::Stopped&) {
      stopped = true;
    }
  }));
  group.wait();
  CHECK_FALSE(saw_end);
  CHECK(stopped);
}

TEMPLATE_TEST_CASE("Pools: a stop of the caller ends the group and wait() says cancelled", "[core]", Locked,
                   LockFree) {
  const Watchdog watchdog("a stop of the caller");
  using H = typename TestType::template Of<int>;
  const auto before = threads_alive();
  H blocked({.items = 1});
  H starved;
  std::stop_source caller;
  auto keeps_waiting = starved.register_producer();
  PoolGroup group(caller.get_token());
  group.add(Producer<int, H>({.name = "full"}, blocked, [](H& out, std::stop_token stop) {
    for (;;) out.write(1, stop);
  }));
  group.add(Consumer<int, H>({.name = "empty"}, starved,
                             [](H& in, std::stop_token stop) { static_cast<void>(in.read(stop)); }));
  group.start();
  caller.request_stop();
  try {
    group.wait();
    FAIL("nothing was thrown");
  } catch (const leat::Error& error) {
    CHECK(error.kind() == leat::ErrorKind::cancelled);
  }
  await_threads(before);
}

TEST_CASE("Pools: a stop that nobody unwound for is no error", "[core]") {
  WatchedMonitor<int> monitor;
  std::stop_source caller;
  PoolGroup group(caller.get_token());
  group.add(Producer<int>({.name = "done"}, monitor, [](auto&, std::stop_token) {}));
  group.start();
  while (!group.wait_for(std::chrono::hours(1))) {
  }
  caller.request_stop();
  CHECK_NOTHROW(group.wait());
}

TEST_CASE("Pools: of two failures the first one is what wait() throws", "[core]") {
  const Watchdog watchdog("of two failures the first one");
  WatchedMonitor<int> monitor;
  PoolGroup group;
  std::atomic<int> started{0};
  group.add(Producer<int>({.name = "fails", .workers = 2}, monitor, [&](auto&, std::stop_token stop) {
    if (started.fetch_add(1) == 0) throw Mishap{1};
    // The stop is requested when the first failure is kept.
    for (; !stop.stop_requested(); std::this_thread::yield()) Watchdog::check();
    throw Mishap{2};
  }));
  group.start();
  int thrown = 0;
  try {
    group.wait();
  } catch (const Mishap& mishap) {
    thrown = mishap.number;
  }
  CHECK(thrown == 1);
}

TEST_CASE("Pools: the destructor stops and joins", "[core]") {
  const Watchdog watchdog("the destructor stops and joins");
  const auto before = threads_alive();
  WatchedMonitor<int> monitor({.items = 1});
  {
    PoolGroup group;
    group.add(Producer<int>({.name = "endless", .workers = 3}, monitor, [](auto& out, std::stop_token stop) {
      for (;;) out.write(1, stop);
    }));
    group.start();
  }
  await_threads(before);
}

TEST_CASE("Pools: a group that was never started lets the readers go", "[core]") {
  WatchedMonitor<int> monitor;
  {
    PoolGroup group;
    group.add(Producer<int>({.name = "never"}, monitor, [](auto&, std::stop_token) {}));
  }
  CHECK_FALSE(monitor.read({}).has_value());
}

TEST_CASE("Pools: when a thread cannot be started those that run are stopped and joined", "[core]") {
  const Watchdog watchdog("when a thread cannot be started");
  const auto before = threads_alive();
  WatchedMonitor<int> monitor({.items = 1});
  int started = 0;
  PoolGroup group({}, [&](std::function<void()> body) {
    if (started == 2)
      throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
    ++started;
    return std::thread(std::move(body));
  });
  std::atomic<bool> saw_end{false};
  group.add(Consumer<int>({.name = "reader"}, monitor, [&](auto& in, std::stop_token stop) {
    while (in.read(stop)) {
    }
    saw_end = true;
  }));
  group.add(Producer<int>({.name = "writer", .workers = 4}, monitor, [](auto& out, std::stop_token stop) {
    for (;;) out.write(1, stop);
  }));
  CHECK_THROWS_AS(group.start(), std::system_error);
  CHECK(started == 2);
  await_threads(before);
  CHECK_FALSE(saw_end);
  CHECK_THROWS_AS(group.wait(), std::system_error);
}
