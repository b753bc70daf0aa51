// The keeper of sessions, with items that need no server.
#include "leat/postgres/session/detail/session_keeper.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <latch>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include "server.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using namespace std::chrono_literals;
using leat::Error;
using leat::ErrorKind;
using leat::Stopped;

namespace {

/// What a server would know of its sessions.
struct Census {
  std::atomic<int> opened = 0;
  std::atomic<int> living = 0;
};

/// Counted while it lives.
class Session {
 public:
  explicit Session(Census& census) : number(++census.opened), census_(census) { ++census.living; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { --census_.living; }

  const int number;  // from 1, in the order of opening
  // Not atomic: only one thread at a time has it.
  bool works = true;
  bool is_used = false;

 private:
  Census& census_;
};

using Item = std::unique_ptr<Session>;
using Keeper = leat::postgres_detail::SessionKeeper<Item>;
using Rules = leat::postgres_detail::KeeperRules<Item>;

Error refusal() {
  return {ErrorKind::source, "too many", {.sqlstate = "53300"}};
}

/// Items that say themselves whether they are fit.
Rules rules(Census& census) {
  return {.open = [&census](const std::stop_token&) { return std::make_unique<Session>(census); },
          .is_fit = [](const Item& item) { return item->works; }};
}

/// The same, by a server that has place for `capacity` sessions.
Rules sharing_rules(Census& census, const std::atomic<int>& capacity, int& told) {
  Rules rules = ::rules(census);
  rules.open = [&](const std::stop_token&) {
    if (census.living >= capacity) throw refusal();
    return std::make_unique<Session>(census);
  };
  rules.refusals = {"53300", "55P03"};
  rules.on_refusal = [&told](const Error&) { ++told; };
  return rules;
}

/// A thread that borrows an item and gives it back at once.
class Borrower {
 public:
  explicit Borrower(Keeper& keeper)
      : number_(std::async(std::launch::async,
                           [this, &keeper] { return (*keeper.lend(stop_.get_token()))->number; })) {}
  Borrower(const Borrower&) = delete;
  Borrower& operator=(const Borrower&) = delete;
  ~Borrower() { stop(); }

  void stop() { stop_.request_stop(); }
  /// Of the item. @throws what lend() has thrown, or std::logic_error if it waits for ever.
  [[nodiscard]] int number() {
    if (number_.wait_for(leat::test::patience) == std::future_status::ready) return number_.get();
    throw std::logic_error("the thread waits for ever");
  }

 private:
  std::stop_source stop_;
  std::future<int> number_;
};

bool has_waiting(const Keeper& keeper, std::size_t threads) {
  return eventually([&] { return keeper.counts().waiting == threads; });
}

}  // namespace

TEST_CASE("Keeper: the item that came back last is lent first", "[postgres]") {
  Census census;
  Keeper keeper(rules(census));
  {
    auto first = std::optional(keeper.lend({}));
    auto second = std::optional(keeper.lend({}));
    CHECK_FALSE(first->idle_since());
    second.reset();
    first.reset();
  }
  CHECK(keeper.counts().open == 2);
  CHECK(keeper.counts().idle == 2);
  const auto now = Keeper::Clock::now();
  auto again = keeper.lend({});
  auto other = keeper.lend({});
  CHECK((*again)->number == 1);
  CHECK((*other)->number == 2);
  REQUIRE(again.idle_since());
  CHECK(*again.idle_since() <= now);
  CHECK(*other.idle_since() <= *again.idle_since());
  CHECK(keeper.counts().idle == 0);
}

TEST_CASE("Keeper: what was opened elsewhere is lent before another is opened", "[postgres]") {
  Census census;
  Keeper keeper(rules(census));
  keeper.add(std::make_unique<Session>(census));
  CHECK(keeper.counts().open == 1);
  CHECK((*keeper.lend({}))->number == 1);
}

TEST_CASE("Keeper: at the limit a thread waits for the item that comes back", "[postgres]") {
  Census census;
  Rules limited = rules(census);
  limited.limit = 1;
  Keeper keeper(limited);
  auto held = std::optional(keeper.lend({}));
  Borrower borrower(keeper);
  REQUIRE(has_waiting(keeper, 1));
  held.reset();
  CHECK(borrower.number() == 1);
}

TEST_CASE("Keeper: a wait ends by its deadline, and by a stop", "[postgres]") {
  Census census;
  Rules limited = rules(census);
  limited.limit = 1;
  Keeper keeper(limited);
  const auto held = keeper.lend({});
  CHECK_FALSE(keeper.lend_by(Keeper::Clock::now() + 20ms, {}));
  Borrower borrower(keeper);
  REQUIRE(has_waiting(keeper, 1));
  borrower.stop();
  CHECK_THROWS_AS(borrower.number(), Stopped);
  CHECK(keeper.counts().waiting == 0);
  CHECK(keeper.counts().open == 1);
}

TEST_CASE("Keeper: an item that is not fit is gone before another takes its place", "[postgres]") {
  Census census;
  std::atomic<int> most = 0;
  Rules limited = rules(census);
  limited.limit = 1;
  limited.open = [&](const std::stop_token&) {
    auto item = std::make_unique<Session>(census);
    most = std::max<int>(most, census.living);
    return item;
  };
  Keeper keeper(limited);
  auto held = std::optional(keeper.lend({}));
  (**held)->works = false;
  Borrower borrower(keeper);
  REQUIRE(has_waiting(keeper, 1));
  held.reset();
  CHECK(borrower.number() == 2);
  CHECK(most == 1);
}

TEST_CASE("Keeper: an item that cannot be opened leaves no place taken, and wakes who waits", "[postgres]") {
  Census census;
  std::latch opening(2);
  std::latch may_fail(1);
  Rules limited = rules(census);
  limited.limit = 1;
  std::atomic<bool> fails = true;
  limited.open = [&](const std::stop_token&) {
    if (!fails.exchange(false)) return std::make_unique<Session>(census);
    opening.count_down();
    may_fail.wait();
    throw Error(ErrorKind::source, "no", {.sqlstate = "3D000"});
  };
  Keeper keeper(limited);
  Borrower first(keeper);
  opening.arrive_and_wait();
  Borrower second(keeper);
  REQUIRE(has_waiting(keeper, 1));
  may_fail.count_down();
  CHECK(error_of([&] { static_cast<void>(first.number()); }).sqlstate() == "3D000");
  CHECK(second.number() == 1);
}

TEST_CASE("Keeper: opening does not keep others from giving back and lending", "[postgres]") {
  Census census;
  std::latch may_open(1);
  std::latch opening(2);
  Rules slow = rules(census);
  slow.open = [&](const std::stop_token&) {
    opening.arrive_and_wait();
    may_open.wait();
    return std::make_unique<Session>(census);
  };
  Keeper keeper(slow);
  keeper.add(std::make_unique<Session>(census));
  auto held = std::optional(keeper.lend({}));
  Borrower borrower(keeper);
  opening.arrive_and_wait();
  CHECK(keeper.counts().open == 2);
  held.reset();
  CHECK((*keeper.lend({}))->number == 1);
  may_open.count_down();
  CHECK(borrower.number() == 2);
}

TEST_CASE("Keeper: items that were idle for too long are destroyed, and their places used", "[postgres]") {
  Census census;
  Rules limited = rules(census);
  limited.limit = 2;
  limited.max_idle = 0ms;
  Keeper keeper(limited);
  {
    const auto first = keeper.lend({});
    const auto second = keeper.lend({});
  }
  auto third = keeper.lend({});
  CHECK((*third)->number == 3);
  CHECK(census.living == 1);
  CHECK(keeper.counts().open == 1);
}

TEST_CASE("Keeper: after it was closed items end when they come back", "[postgres]") {
  Census census;
  Keeper keeper(rules(census));
  auto held = std::optional(keeper.lend({}));
  Item detached = keeper.lend({}).detach();
  static_cast<void>(keeper.lend({}));
  CHECK(census.living == 3);
  keeper.close();
  CHECK(census.living == 2);
  held.reset();
  CHECK(census.living == 1);
  keeper.give_back(std::move(detached));
  CHECK(census.living == 0);
  CHECK(keeper.counts().open == 0);
}

TEST_CASE("Keeper: a detached item is lent again when it was given back", "[postgres]") {
  Census census;
  Keeper keeper(rules(census));
  Item item = keeper.lend({}).detach();
  CHECK(keeper.counts().idle == 0);
  CHECK(keeper.counts().open == 1);
  keeper.give_back(std::move(item));
  CHECK((*keeper.lend({}))->number == 1);
}

TEST_CASE("Keeper: threads share what there is where a server gives no more", "[postgres]") {
  Census census;
  std::atomic<int> capacity = 1;
  int told = 0;
  Keeper keeper(sharing_rules(census, capacity, told));
  auto held = std::optional(keeper.lend({}));
  Borrower first(keeper);
  REQUIRE(has_waiting(keeper, 1));
  // Nobody asks the server again, and so nobody is told again.
  capacity = 2;
  Borrower second(keeper);
  REQUIRE(has_waiting(keeper, 2));
  held.reset();
  CHECK(first.number() == 1);
  CHECK(second.number() == 1);
  CHECK(told == 1);
  CHECK(census.opened == 1);
}

TEST_CASE("Keeper: an error that is no refusal is thrown, and so is a refusal when none is open",
          "[postgres]") {
  Census census;
  std::atomic<int> capacity = 0;
  int told = 0;
  Rules rules = sharing_rules(census, capacity, told);
  std::atomic<bool> is_broken = false;
  rules.open = [&, open = rules.open](const std::stop_token& stop) {
    if (is_broken) throw Error(ErrorKind::source, "broken", {.sqlstate = "08006"});
    return open(stop);
  };
  Keeper keeper(rules);
  const auto code = [&] {
    return std::string(error_of([&] { static_cast<void>(keeper.lend({})); }).sqlstate());
  };
  CHECK(code() == "53300");
  capacity = 1;
  const auto held = keeper.lend({});
  is_broken = true;
  CHECK(code() == "08006");
  CHECK(keeper.counts().open == 1);
  CHECK(told == 0);
}

TEST_CASE("Keeper: threads that are all refused at the same time all end", "[postgres]") {
  Census census;
  std::atomic<int> asked = 0;
  std::atomic<int> capacity = 0;
  int told = 0;
  Rules rules = sharing_rules(census, capacity, told);
  rules.open = [&](const std::stop_token&) -> Item {
    ++asked;
    eventually([&] { return asked >= 3; });
    throw refusal();
  };
  Keeper keeper(rules);
  std::array<Borrower, 3> borrowers{Borrower(keeper), Borrower(keeper), Borrower(keeper)};
  for (auto& borrower : borrowers) {
    CHECK(error_of([&] { static_cast<void>(borrower.number()); }).sqlstate() == "53300");
  }
  CHECK(keeper.counts().open == 0);
}

TEST_CASE("Keeper: when the last shared item is lost one thread opens another", "[postgres]") {
  Census census;
  std::atomic<int> capacity = 1;
  int told = 0;
  Keeper keeper(sharing_rules(census, capacity, told));
  auto held = std::optional(keeper.lend({}));
  Borrower first(keeper);
  Borrower second(keeper);
  REQUIRE(has_waiting(keeper, 2));
  (**held)->works = false;
  capacity = 2;
  held.reset();
  CHECK(first.number() == 2);
  CHECK(second.number() == 2);
}

TEST_CASE("Keeper: when one of several shared items is lost nobody asks the server again", "[postgres]") {
  Census census;
  std::atomic<int> capacity = 2;
  int told = 0;
  Keeper keeper(sharing_rules(census, capacity, told));
  auto lost = std::optional(keeper.lend({}));
  auto held = std::optional(keeper.lend({}));
  CHECK_FALSE(keeper.lend_by(Keeper::Clock::now() + 5ms, {}));
  (**lost)->works = false;
  lost.reset();
  CHECK(keeper.counts().open == 1);
  CHECK_FALSE(keeper.lend_by(Keeper::Clock::now() + 5ms, {}));
  held.reset();
  CHECK((*keeper.lend({}))->number == 2);
  CHECK(told == 1);
}

TEST_CASE("Keeper: when a shared item is lost all open their own, if the rules say so", "[postgres]") {
  Census census;
  std::atomic<int> capacity = 1;
  int told = 0;
  Rules rules = sharing_rules(census, capacity, told);
  rules.grows_after_loss = true;
  rules.open = [&, open = rules.open](const std::stop_token& stop) {
    Item item = open(stop);
    // Three at the same time, though each of the first two could be the others'.
    if (census.opened > 1) eventually([&] { return census.opened == 4; });
    return item;
  };
  Keeper keeper(rules);
  auto held = std::optional(keeper.lend({}));
  std::array<Borrower, 3> borrowers{Borrower(keeper), Borrower(keeper), Borrower(keeper)};
  REQUIRE(has_waiting(keeper, 3));
  (**held)->works = false;
  capacity = 3;
  held.reset();
  for (auto& borrower : borrowers) static_cast<void>(borrower.number());
  CHECK(census.opened == 4);
  CHECK(census.living == 3);
}

namespace {

/// Eight threads that borrow at random, from one keeper. What they find wrong they count.
class Crowd {
 public:
  static constexpr std::size_t size = 8;

  Crowd(Rules rules, Census& census, std::uint32_t seed)
      : limit_(rules.limit), keeper_(std::move(rules)), census_(census) {
    for (std::size_t i = 0; i < size; ++i) {
      threads_[i] = std::async(std::launch::async, [this, i, seed] {
        std::mt19937 random(seed + static_cast<std::uint32_t>(i));
        for (int turn = 0; turn < 40; ++turn) borrow(i, random);
      });
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    is_over_ = true;
    for (std::size_t i = 0; i < size; ++i) stop(i);
  }

  /// False if somebody waits for ever.
  [[nodiscard]] bool ends() const {
    const auto deadline = Keeper::Clock::now() + leat::test::patience;
    return std::all_of(threads_.begin(), threads_.end(), [&](const auto& thread) {
      return thread.wait_until(deadline) == std::future_status::ready;
    });
  }
  [[nodiscard]] int wrongs() const { return wrongs_; }
  [[nodiscard]] Keeper::Counts counts() const { return keeper_.counts(); }

 private:
  void borrow(std::size_t self, std::mt19937& random) {
    const auto one_in = [&random](unsigned many) { return random() % many == 0; };
    const auto token = token_of(self);
    try {
      auto lease = one_in(4) ? keeper_.lend_by(Keeper::Clock::now() + 50us, token)
                             : std::optional(keeper_.lend(token));
      check();
      if (!lease) return;
      Session& session = ***lease;
      if (std::exchange(session.is_used, true) || !session.works) ++wrongs_;
      if (one_in(3)) std::this_thread::yield();
      if (one_in(40)) stop((self + 1) % size);
      session.works = !one_in(4);
      session.is_used = false;
      if (one_in(4)) keeper_.give_back(std::move(*lease).detach());
    } catch (const Error&) {  // what could not be opened
    } catch (const Stopped&) {
      if (!token.stop_requested()) ++wrongs_;
    }
    check();
  }

  void check() {
    const auto counts = keeper_.counts();
    if (counts.idle > counts.open || counts.open > limit_ || counts.waiting > size) ++wrongs_;
    if (census_.living > static_cast<int>(std::min(limit_, size))) ++wrongs_;
  }

  [[nodiscard]] std::stop_token token_of(std::size_t thread) {
    const std::lock_guard lock(mutex_);
    if (stops_[thread].stop_requested() && !is_over_) stops_[thread] = std::stop_source();
    return stops_[thread].get_token();
  }
  void stop(std::size_t thread) {
    std::stop_source source;
    {
      const std::lock_guard lock(mutex_);
      source = stops_[thread];
    }
    source.request_stop();
  }

  const std::size_t limit_;
  Keeper keeper_;
  Census& census_;
  std::atomic<int> wrongs_ = 0;
  std::atomic<bool> is_over_ = false;
  std::mutex mutex_;
  std::array<std::stop_source, size> stops_;     // guarded by mutex_
  std::array<std::future<void>, size> threads_;  // Last: they end before what they use goes
};

}  // namespace

TEST_CASE("Keeper: eight threads borrow at random, and nobody waits for ever", "[postgres]") {
  const leat::test::RandomRun run(400);
  const std::size_t limit = GENERATE(1U, 3U, std::numeric_limits<std::size_t>::max());
  const int capacity = GENERATE(2, 100);
  const bool grows = GENERATE(false, true);
  CAPTURE(limit, capacity, grows);
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const auto seed = run.seed() + static_cast<std::uint32_t>(100 * round);
    Census census;
    std::atomic<std::uint32_t> openings = 0;
    Rules rules = ::rules(census);
    rules.limit = limit;
    rules.max_idle = round % 3 == 0 ? 20us : 1h;
    rules.grows_after_loss = grows;
    rules.refusals = {"53300"};
    rules.on_refusal = [](const Error&) {};
    rules.open = [&](const std::stop_token& stop) {
      if (census.living >= capacity) throw refusal();
      const auto chance = std::mt19937(seed + openings++)() % 10;
      if (chance == 0) throw Error(ErrorKind::source, "no", {.sqlstate = "08006"});
      if (chance == 1) throw refusal();
      if (stop.stop_requested()) throw Stopped();
      return std::make_unique<Session>(census);
    };
    const Crowd crowd(rules, census, seed);
    REQUIRE(crowd.ends());
    REQUIRE(crowd.wrongs() == 0);
    const auto counts = crowd.counts();
    REQUIRE(counts.waiting == 0);
    REQUIRE(counts.open == counts.idle);
    REQUIRE(census.living == static_cast<int>(counts.open));
  }
}
