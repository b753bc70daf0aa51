#include "leat/core/rate_limit.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using namespace leat::literals;
using leat::ByteCount;
using leat::RateClock;
using leat::RateLimit;

namespace {

/// A clock on which who waits is there at once. While it stands still, who waits does so until notified.
class FastClock {
 public:
  [[nodiscard]] RateClock clock() {
    return {.now = [this] { return now_.load(); },
            .wait_until =
                [this](std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                       RateClock::time_point until) {
                  if (stands_still_) {
                    changed.wait(lock);
                  } else {
                    pass_to(until);
                  }
                }};
  }
  void pass(std::chrono::nanoseconds time) { pass_to(now_.load() + time); }
  void stand_still() { stands_still_ = true; }
  [[nodiscard]] std::chrono::nanoseconds elapsed() const { return now_.load() - RateClock::time_point{}; }

 private:
  void pass_to(RateClock::time_point time) {
    if (time > now_.load()) now_ = time;
  }

  std::atomic<RateClock::time_point> now_{};
  std::atomic<bool> stands_still_{false};
};

/// A whole number of milliseconds, since rates are counted in floating point.
std::int64_t in_ms(std::chrono::nanoseconds time) {
  return std::chrono::round<std::chrono::milliseconds>(time).count();
}

void await_waiting(const RateLimit& limit, std::size_t threads) {
  for (; limit.stats().waiting != threads; std::this_thread::yield()) Watchdog::check();
}

/// A limit with a second's bytes owed, on a clock that stands still.
struct Exhausted {
  Exhausted() {
    clock.stand_still();
    limit.acquire(1250_B, {});
  }

  FastClock clock;
  RateLimit limit{1000_B, clock.clock()};
  Watchdog::Release release{[this] { limit.set_rate(0_B); }};
};

/// Asks for a byte on a thread of its own.
std::jthread ask(RateLimit& limit) {
  return std::jthread([&limit] { limit.acquire(1_B, {}); });
}

/// The same until a stop, which is counted.
std::jthread ask(RateLimit& limit, std::stop_token stop, std::atomic<int>& stopped) {
  return std::jthread([&limit, stop = std::move(stop), &stopped] {
    try {
      limit.acquire(1_B, stop);
    } catch (const leat::Stopped&) {
      ++stopped;
    }
  });
}

}  // namespace

TEST_CASE("RateLimit: after a burst of 250 ms bytes pass at the rate", "[core]") {
  FastClock clock;
  RateLimit limit(1000_B, clock.clock());
  limit.acquire(250_B, {});
  CHECK(clock.elapsed() == 0s);
  limit.acquire(1_B, {});  // the bucket is empty, and not in debt
  CHECK(clock.elapsed() == 0s);
  for (int i = 0; i < 1000; ++i) limit.acquire(10_B, {});
  // 10,251 bytes, of which 250 were free and the last 10 are still owed.
  CHECK(in_ms(clock.elapsed()) == 9991);
  CHECK(limit.stats().passed == 10251_B);
  CHECK(limit.stats().waited == clock.elapsed());
}

TEST_CASE("RateLimit: what was not used adds up to no more than a burst", "[core]") {
  FastClock clock;
  RateLimit limit(1000_B, clock.clock());
  clock.pass(24h);
  limit.acquire(251_B, {});
  CHECK(clock.elapsed() == 24h);
  limit.acquire(1_B, {});
  CHECK(in_ms(clock.elapsed() - 24h) == 1);
}

TEST_CASE("RateLimit: a request wider than the burst passes and is paid back by those that follow",
          "[core]") {
  FastClock clock;
  RateLimit limit(1000_B, clock.clock());
  limit.acquire(10'250_B, {});
  CHECK(clock.elapsed() == 0s);
  limit.acquire(1_B, {});
  CHECK(in_ms(clock.elapsed()) == 10'000);
}

TEST_CASE("RateLimit: zero is no limit, and a rate can be changed on the way", "[core]") {
  FastClock clock;
  RateLimit limit(0_B, clock.clock());
  for (int i = 0; i < 10; ++i) limit.acquire(1_GiB, {});
  CHECK(clock.elapsed() == 0s);

  limit.set_rate(1000_B);
  CHECK(limit.rate() == 1000_B);
  limit.acquire(1000_B, {});  // all of it is owed: what was free before does not fill the bucket
  limit.set_rate(100_B);
  limit.acquire(50_B, {});
  CHECK(in_ms(clock.elapsed()) == 10'000);
  limit.set_rate(1000_B);
  limit.acquire(1_B, {});
  CHECK(in_ms(clock.elapsed()) == 10'050);
}

TEST_CASE("RateLimit: what is owed is forgiven by a time without a limit", "[core]") {
  FastClock clock;
  RateLimit limit(1000_B, clock.clock());
  limit.acquire(5000_B, {});
  limit.set_rate(0_B);
  limit.set_rate(1000_B);
  limit.acquire(1_B, {});
  CHECK(clock.elapsed() == 0s);
}

TEST_CASE("RateLimit: nobody overtakes who waits", "[core]") {
  const Watchdog watchdog("nobody overtakes who waits");
  Exhausted exhausted;
  auto& clock = exhausted.clock;
  auto& limit = exhausted.limit;
  {
    const std::jthread first = ask(limit);
    await_waiting(limit, 1);
    clock.pass(2s);  // nobody was told: the first still waits, and the second could pass
    const std::jthread second = ask(limit);
    await_waiting(limit, 2);
    limit.set_rate(1000_B);
  }
  CHECK(limit.stats().passed == 1252_B);
}

TEST_CASE("RateLimit: who waits hears of a new rate at once", "[core]") {
  const Watchdog watchdog("who waits hears of a new rate");
  Exhausted exhausted;
  auto& limit = exhausted.limit;
  {
    const std::jthread first = ask(limit);
    const std::jthread second = ask(limit);
    await_waiting(limit, 2);
    limit.set_rate(0_B);
  }
  CHECK(limit.stats().passed == 1252_B);
}

TEST_CASE("RateLimit: a stop ends a wait and takes nothing", "[core]") {
  const Watchdog watchdog("a stop ends a wait");
  Exhausted exhausted;
  auto& limit = exhausted.limit;
  std::stop_source stop;
  std::atomic<int> stopped{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) threads.push_back(ask(limit, stop.get_token(), stopped));
    await_waiting(limit, 3);
    stop.request_stop();
  }
  CHECK(stopped == 3);
  CHECK(limit.stats().passed == 1250_B);
  CHECK(limit.stats().waiting == 0);
  CHECK_THROWS_AS(limit.acquire(1_B, stop.get_token()), leat::Stopped);
}

TEST_CASE("RateLimit: one that is stopped lets those behind it go on", "[core]") {
  const Watchdog watchdog("one that is stopped");
  Exhausted exhausted;
  auto& clock = exhausted.clock;
  auto& limit = exhausted.limit;
  std::stop_source stop;
  std::atomic<int> stopped{0};
  {
    const std::jthread first = ask(limit, stop.get_token(), stopped);
    await_waiting(limit, 1);
    const std::jthread second = ask(limit);
    await_waiting(limit, 2);
    clock.pass(1s);  // nobody was told
    stop.request_stop();
  }
  CHECK(stopped == 1);
  CHECK(limit.stats().passed == 1251_B);
}

TEST_CASE("RateLimit: many threads together keep to the rate while it changes", "[core]") {
  const Watchdog watchdog("many threads together keep to the rate");
  FastClock clock;
  RateLimit limit(1000_B, clock.clock());
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 500; ++n) limit.acquire(10_B, {});
      });
    }
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) limit.set_rate(n % 2 == 0 ? 2000_B : 1000_B);
    });
  }
  CHECK(limit.stats().passed == 20'000_B);
  // Never faster than 2,000 B/s, but for a burst and what is owed at the end.
  CHECK(clock.elapsed() >= std::chrono::milliseconds((20'000 - 500 - 10) / 2));
  CHECK(clock.elapsed() <= 20s);
}

TEST_CASE("RateLimit: on the machine's own clock a small debt is paid", "[core]") {
  RateLimit limit(100_MiB);
  limit.acquire(26_MiB, {});
  limit.acquire(1_B, {});
  CHECK(limit.stats().waited > 0ns);
}

TEST_CASE("Rates and sizes of bytes are read as people write them", "[core]") {
  CHECK(leat::parse_byte_rate("50MiB/s") == 50_MiB);
  CHECK(leat::parse_byte_rate("50MiB") == 50_MiB);
  CHECK(leat::parse_byte_rate("50 MB/s") == 50'000'000_B);
  CHECK(leat::parse_byte_rate("1.5 kib /s") == 1536_B);
  CHECK(leat::parse_byte_rate("0") == 0_B);
  for (const char* wrong :
       {"", "/s", "fast", "50MiB/h", "-1MiB/s", "50MiB/s/s", "1e30", "nan/s", "5 apples/s"}) {
    INFO(wrong);
    try {
      static_cast<void>(leat::parse_byte_rate(wrong));
      FAIL("was read");
    } catch (const leat::Error& error) {
      CHECK(error.kind() == leat::ErrorKind::config);
      CHECK(std::string(error.what()).find("\"" + std::string(wrong) + "\" is not a rate") == 0);
    }
  }
  CHECK(leat::parse_bytes("64KiB") == 64_KiB);
  CHECK_THROWS_AS(leat::parse_bytes("50MiB/s"), leat::Error);
}
