#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/hand_offs.hpp"
#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "support/random.hpp"

using namespace std::chrono_literals;

namespace {

/// Weighs the same as any other.
struct Light {
  std::uint32_t producer = 0;
  std::uint32_t ordinal = 0;
};

struct Heavy {
  std::uint32_t producer = 0;
  std::uint32_t ordinal = 0;
  friend std::size_t byte_weight(const Heavy& item) { return 1 + item.ordinal % 13; }
};

enum class Ending {
  complete,
  failure,
  stop,
  abandon,
};

using Random = std::minstd_rand;

std::uint32_t pick(Random& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}

struct Plan {
  std::uint32_t producers;
  std::uint32_t consumers;
  std::uint32_t items_each;
  leat::MonitorOptions bounds;
  Ending ending;
  std::uint32_t ends_after;  // operations of the thread that ends the run
  bool reader_ends;

  explicit Plan(Random& random)
      : producers(pick(random, 1, 4)),
        consumers(pick(random, 1, 4)),
        items_each(pick(random, 0, 400)),
        ending(pick(random, 0, 9) < 6 ? Ending::complete : static_cast<Ending>(pick(random, 1, 3))),
        ends_after(pick(random, 0, 200)),
        reader_ends(pick(random, 0, 1) == 0) {
    static constexpr std::array<std::size_t, 7> items{1, 2, 3, 4, 7, 64, 1024};
    static constexpr std::array<std::uint64_t, 5> bytes{0, 0, 1, 10, 40};
    bounds.items = items.at(pick(random, 0, items.size() - 1));
    bounds.bytes = leat::ByteCount{bytes.at(pick(random, 0, bytes.size() - 1))};
  }
};

template <class H>
class Run {
 public:
  using Item = typename H::value_type;

  explicit Run(Random& random) : plan_(random), hand_off_(plan_.bounds), read_(plan_.consumers) {
    std::vector<typename H::Registration> registrations;
    for (std::uint32_t i = 0; i < plan_.producers; ++i)
      registrations.push_back(hand_off_.register_producer());
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i < plan_.consumers; ++i) {
      threads.emplace_back([this, i, seed = random()] { work([&](Random& r) { consume(i, r); }, seed); });
    }
    for (std::uint32_t i = 0; i < plan_.producers; ++i) {
      threads.emplace_back([this, i, seed = random(), registration = std::move(registrations[i])]() mutable {
        work([&](Random& r) { produce(i, r); }, seed);
      });
    }
  }  // joined by ~jthread: every thread came back

  /// Empty when the run kept what a hand-off promises.
  std::string complaint() const {
    std::vector<std::vector<std::uint32_t>> seen(plan_.producers,
                                                 std::vector<std::uint32_t>(plan_.items_each));
    for (const auto& items : read_) {
      std::vector<std::int64_t> last(plan_.producers, -1);
      for (const Item& item : items) {
        if (item.producer >= plan_.producers || item.ordinal >= plan_.items_each)
          return "an item nobody wrote";
        if (++seen[item.producer][item.ordinal] > 1) return "an item came twice";
        if (item.ordinal <= last[item.producer]) return "a producer's items came out of order";
        last[item.producer] = item.ordinal;
      }
    }
    const auto stats = hand_off_.stats();
    if (stats.high_water > plan_.bounds.items) return "more items were buffered than the bound allows";
    if (ended_early_) return {};
    for (const auto& ordinals : seen) {
      if (std::ranges::count(ordinals, 1U) != static_cast<std::ptrdiff_t>(ordinals.size()))
        return "an item was lost";
    }
    if (unwound_ != 0) return "a thread was stopped in a run that nobody ended";
    if (stats.depth != 0 || stats.bytes_buffered != 0) return "the buffer is not empty at the end";
    if (stats.items != std::uint64_t{plan_.producers} * plan_.items_each) return "the item counter is wrong";
    return {};
  }

 private:
  template <class Body>
  void work(Body body, std::uint_fast32_t seed) {
    Random random(seed);
    try {
      body(random);
    } catch (const leat::Stopped&) {
      ++unwound_;
    }
  }

  void maybe_end(bool reader, std::uint32_t index, std::uint32_t operations) {
    if (plan_.ending == Ending::complete || reader != plan_.reader_ends || index != 0) return;
    if (operations < plan_.ends_after || ended_early_.exchange(true)) return;
    switch (plan_.ending) {
      case Ending::complete:
        break;
      case Ending::failure:
        hand_off_.fail(std::make_exception_ptr(std::runtime_error("on purpose")));
        break;
      case Ending::stop:
        stop_.request_stop();
        break;
      case Ending::abandon:
        hand_off_.abandon();
        break;
    }
  }

  void produce(std::uint32_t index, Random& random) {
    const auto stop = stop_.get_token();
    std::uint32_t next = 0;
    for (std::uint32_t operations = 0; next < plan_.items_each; ++operations) {
      maybe_end(false, index, operations);
      Item item{index, next};
      switch (pick(random, 0, 3)) {
        case 0:
          if (hand_off_.write_for(item, std::chrono::microseconds(pick(random, 0, 50)), stop)) ++next;
          break;
        case 1: {
          std::vector<Item> items;
          for (auto n = pick(random, 1, 20); n > 0 && next < plan_.items_each; --n)
            items.push_back({index, next++});
          hand_off_.write_all(std::move(items), stop);
          break;
        }
        default:
          hand_off_.write(item, stop);
          ++next;
      }
    }
  }

  void consume(std::uint32_t index, Random& random) {
    const auto stop = stop_.get_token();
    auto& items = read_[index];
    for (std::uint32_t operations = 0;; ++operations) {
      maybe_end(true, index, operations);
      Item item;
      switch (pick(random, 0, 2)) {
        case 0:
          switch (hand_off_.read_for(item, std::chrono::microseconds(pick(random, 0, 50)), stop)) {
            case leat::ReadResult::item:
              items.push_back(item);
              break;
            case leat::ReadResult::timeout:
              break;
            case leat::ReadResult::end:
              return;
          }
          break;
        case 1:
          if (hand_off_.read_some(items, pick(random, 1, 20), stop) == 0) return;
          break;
        default:
          if (auto got = hand_off_.read(stop)) {
            items.push_back(*got);
          } else {
            return;
          }
      }
    }
  }

  const Plan plan_;
  H hand_off_;
  std::stop_source stop_;
  std::atomic<bool> ended_early_{false};
  std::atomic<int> unwound_{0};
  std::vector<std::vector<Item>> read_;  // one a consumer
};

}  // namespace

TEMPLATE_TEST_CASE("Hand-off: random runs lose nothing, double nothing, keep the order and end",
                   "[core][random]", Locked, LockFree) {
  const leat::test::RandomRun run(1000);
  Random random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const Watchdog watchdog("a random run");
    const std::string complaint = round % 2 == 0
                                      ? Run<typename TestType::template Of<Light>>(random).complaint()
                                      : Run<typename TestType::template Of<Heavy>>(random).complaint();
    INFO("run " << round);
    REQUIRE(complaint == "");
  }
}
