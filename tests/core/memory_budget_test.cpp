#include "leat/core/memory_budget.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <random>
#include <thread>
#include <vector>

#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "leat/core/monitor.hpp"
#include "support/random.hpp"

using namespace leat::literals;
using leat::ByteCount;
using leat::MemoryBudget;
using Holder = MemoryBudget::Holder;
using Lease = MemoryBudget::Lease;

namespace {

/// A request that is made by a thread of its own.
class Asking {
 public:
  Asking(const Holder& holder, ByteCount bytes)
      : lease_(std::async(std::launch::async,
                          [this, &holder, bytes] { return holder.acquire(bytes, stop_.get_token()); })) {}
  ~Asking() { stop_.request_stop(); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

  [[nodiscard]] bool granted() const {
    return lease_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }
  [[nodiscard]] Lease lease() { return lease_.get(); }
  void request_stop() { stop_.request_stop(); }

 private:
  std::stop_source stop_;
  std::future<Lease> lease_;
  Watchdog::Release release_{[this] { stop_.request_stop(); }};
};

/// Returns once so many threads wait.
void await_waiting(const MemoryBudget& budget, std::size_t threads) {
  for (; budget.stats().waiting != threads; std::this_thread::yield()) Watchdog::check();
}

}  // namespace

TEST_CASE("MemoryBudget: a lease that does not fit waits until there is room", "[core]") {
  const Watchdog watchdog("a lease that does not fit");
  const auto budget = std::make_shared<MemoryBudget>(10_B);
  const Holder reader(budget);
  const Lease first = reader.acquire(4_B, {});
  Lease second = reader.acquire(4_B, {});
  CHECK(budget->stats().held == 8_B);
  Asking third(reader, 3_B);
  await_waiting(*budget, 1);
  CHECK_FALSE(third.granted());
  second.release();
  const Lease lease = third.lease();
  CHECK(lease.bytes() == 3_B);
  CHECK(budget->stats().held == 7_B);
  CHECK(budget->stats().high_water == 8_B);
  CHECK(budget->stats().waiting == 0);
  CHECK(budget->stats().waited > std::chrono::nanoseconds(0));
}

TEST_CASE("MemoryBudget: who holds nothing gets one lease, however full it is", "[core]") {
  const Watchdog watchdog("who holds nothing gets one lease");
  const auto budget = std::make_shared<MemoryBudget>(10_B);
  const Holder full(budget);
  const Holder empty(budget);
  const Lease all = full.acquire(10_B, {});
  Lease one = empty.acquire(6_B, {});
  CHECK(budget->stats().held == 16_B);
  CHECK(empty.held() == 6_B);
  Asking another(empty, 6_B);
  await_waiting(*budget, 1);
  one.release();
  CHECK(another.lease().bytes() == 6_B);
}

TEST_CASE("MemoryBudget: a small request does not overtake a large one that waits", "[core]") {
  const Watchdog watchdog("a small request does not overtake");
  const auto budget = std::make_shared<MemoryBudget>(10_B);
  const Holder a(budget);
  const Holder b(budget);
  Lease most = a.acquire(5_B, {});
  Lease little = a.acquire(1_B, {});
  const Lease some = b.acquire(1_B, {});
  Asking large(b, 8_B);
  await_waiting(*budget, 1);
  Asking small(a, 2_B);
  await_waiting(*budget, 2);
  little.release();  // enough for the small one alone
  CHECK(budget->stats().held == 6_B);
  CHECK(budget->stats().waiting == 2);
  most.release();
  const Lease granted = large.lease();
  const Lease last = small.lease();  // its holder has nothing else left
  CHECK(budget->stats().held == 11_B);
}

TEST_CASE("MemoryBudget: a giant comes alone to its holder and keeps nobody else up", "[core]") {
  const Watchdog watchdog("a giant comes alone");
  const auto budget = std::make_shared<MemoryBudget>(10_B);
  const Holder a(budget);
  const Holder b(budget);
  Lease before = a.acquire(2_B, {});
  Asking giant(a, 50_B);
  await_waiting(*budget, 1);
  const Lease beside = b.acquire(1_B, {});
  Lease again = b.acquire(7_B, {});
  Asking behind(b, 3_B);
  await_waiting(*budget, 2);
  again.release();
  const Lease passed = behind.lease();
  CHECK_FALSE(giant.granted());
  before.release();
  const Lease granted = giant.lease();
  CHECK(budget->stats().held == 54_B);
  CHECK(a.held() == 50_B);
}

TEST_CASE("MemoryBudget: a stop ends a wait, and those behind go on", "[core]") {
  const Watchdog watchdog("a stop ends a wait");
  const auto budget = std::make_shared<MemoryBudget>(10_B);
  const Holder a(budget);
  const Lease held = a.acquire(5_B, {});
  Asking large(a, 6_B);
  await_waiting(*budget, 1);
  Asking small(a, 5_B);
  await_waiting(*budget, 2);
  large.request_stop();
  CHECK_THROWS_AS(large.lease(), leat::Stopped);
  CHECK(small.lease().bytes() == 5_B);
  CHECK(budget->stats().held == 5_B);

  std::stop_source stopped;
  stopped.request_stop();
  CHECK_THROWS_AS(Holder(budget).acquire(1_B, stopped.get_token()), leat::Stopped);
}

TEST_CASE("MemoryBudget: a lease can be resized, moved and given back once", "[core]") {
  const auto budget = std::make_shared<MemoryBudget>(10_B);
  auto holder = std::make_unique<Holder>(budget);
  Lease lease = holder->acquire(8_B, {});
  lease.resize(3_B);
  CHECK(budget->stats().held == 3_B);
  lease.resize(40_B);  // a row has turned out to be wide
  CHECK(budget->stats().held == 40_B);
  Lease moved = std::move(lease);
  Lease other = Holder(budget).acquire(5_B, {});
  holder.reset();
  other = std::move(moved);
  CHECK(budget->stats().held == 40_B);
  other.release();
  other.release();
  CHECK(budget->stats().held == 0_B);
  CHECK(budget->stats().high_water == 45_B);
}

TEST_CASE("MemoryBudget: without a limit everything is counted, without a budget nothing", "[core]") {
  const auto budget = std::make_shared<MemoryBudget>(0_B);
  const Holder holder(budget);
  const Lease first = holder.acquire(1_GiB, {});
  const Lease second = holder.acquire(1_GiB, {});
  CHECK(budget->stats().held == 2_GiB);
  const Holder free(nullptr);
  const Lease third = free.acquire(1_GiB, {});
  CHECK(third.bytes() == 1_GiB);
  CHECK(free.held() == 0_B);
}

namespace {

using Random = std::minstd_rand;

std::uint64_t draw(Random& random, std::uint64_t low, std::uint64_t high) {
  return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
}

/// Channels that readers fill all at once and fewer writers drain one after another, so that some channels
/// wait until others have ended.
class Channels {
 public:
  explicit Channels(Random& random)
      : limit_(draw(random, 1, 60)),
        widest_(draw(random, 1, limit_ + limit_ / 4)),
        batches_(draw(random, 1, 60)),
        stop_after_(random() % 3 == 0 ? draw(random, 1, 60) : 0),
        readers_(draw(random, 1, 3)) {
    for (auto count = draw(random, 1, 6); count > 0; --count) {
      channels_.push_back(std::make_unique<Channel>(budget_, readers_));
    }
    std::vector<std::jthread> threads;
    for (const auto& channel : channels_) {
      for (auto& registration : channel->registrations) {
        threads.emplace_back([this, &channel = *channel, &registration, seed = random()] {
          unwinding([&] { fill(channel, seed); });
          registration.sign_off();
        });
      }
    }
    for (auto writers = draw(random, 1, 3); writers > 0; --writers) {
      threads.emplace_back([this] { unwinding([this] { drain(); }); });
    }
  }

  /// What is wrong after the end, or nothing.
  [[nodiscard]] std::string complaint() {
    const bool stopped = stop_.stop_requested();
    if (excess_) return "more was held than the limit and a lease of each holder";
    if (!stopped && drained_ != batches_ * readers_ * channels_.size()) return "a lease was lost";
    for (const auto& channel : channels_) {
      if (!stopped && channel->holder.held() != 0_B) return "a holder still holds something";
    }
    channels_.clear();
    if (budget_->stats().held != 0_B) return "something is still held";
    if (budget_->stats().waiting != 0) return "somebody still waits";
    return "";
  }

 private:
  struct Channel {
    Channel(const std::shared_ptr<MemoryBudget>& budget, std::uint64_t readers) : holder(budget) {
      for (; readers > 0; --readers) registrations.push_back(batches.register_producer());
    }
    Holder holder;
    WatchedMonitor<Lease> batches{{.items = 1000}};
    std::vector<WatchedMonitor<Lease>::Registration> registrations;
  };

  template <class Body>
  static void unwinding(Body body) {
    try {
      body();
    } catch (const leat::Stopped&) {
    }
  }

  void fill(Channel& channel, Random::result_type seed) {
    Random random(seed);
    for (std::uint64_t i = 0; i < batches_; ++i) {
      Lease lease = channel.holder.acquire(ByteCount{draw(random, 1, widest_)}, stop_.get_token());
      if (random() % 4 == 0) lease.resize(ByteCount{draw(random, 1, lease.bytes().count())});
      if (budget_->stats().held.count() > limit_ + channels_.size() * widest_) excess_ = true;
      // Where no lease is wider than the limit, one holder alone never passes it.
      if (widest_ <= limit_ && channel.holder.held().count() > limit_) excess_ = true;
      channel.batches.write(std::move(lease), stop_.get_token());
      if (stop_after_ != 0 && i == stop_after_) stop_.request_stop();
    }
  }

  void drain() {
    while (true) {
      const std::size_t index = next_++;
      if (index >= channels_.size()) return;
      while (channels_[index]->batches.read(stop_.get_token())) ++drained_;
    }
  }

  const std::uint64_t limit_;
  const std::uint64_t widest_;
  const std::uint64_t batches_;  // of each reader
  const std::uint64_t stop_after_;
  const std::uint64_t readers_;  // of each channel
  std::shared_ptr<MemoryBudget> budget_ = std::make_shared<MemoryBudget>(ByteCount{limit_});
  std::vector<std::unique_ptr<Channel>> channels_;
  std::stop_source stop_;
  Watchdog::Release release_{[this] { stop_.request_stop(); }};
  std::atomic<std::size_t> next_{0};
  std::atomic<std::uint64_t> drained_{0};
  std::atomic<bool> excess_{false};
};

}  // namespace

TEST_CASE("MemoryBudget: random runs end, keep to the limit and give everything back", "[core][random]") {
  const leat::test::RandomRun run(300);
  Random random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const Watchdog watchdog("a random run with a budget");
    INFO("run " << round);
    REQUIRE(Channels(random).complaint() == "");
  }
}
