// Pipelines of random shape whose stages take many items at once, with random failures, commits and stops.
#include <random>
#include <set>

#include "leat/pipeline/async.hpp"
#include "numbers.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Where items are stored, and what came of the workers. Thread-safe.
struct Store {
  std::mutex mutex{};
  std::vector<int> rows{};
  int begun = 0;
  int ended = 0;
  bool is_wrong = false;  // an empty batch, or one that is too long
};

/// What a run of the test is to do.
struct Shape {
  std::size_t longest = 1;
  int batch_fails_every = 0;  // of the numbers of its first item
  int item_fails_every = 0;
  bool fails_once = false;  // it succeeds when it is tried again
  bool begin_fails = false;
  bool end_fails = false;
  int stops_at = -1;
  std::function<void()> stop{};

  [[nodiscard]] static bool hits(int every, int value) { return every != 0 && value % every == every - 1; }
};

/// Stores batches in a transaction of its own, which lasts as long as the commit point says.
class Writer {
 public:
  Writer(Store& store, const Shape& shape, bool is_held) : store_(store), shape_(shape), is_held_(is_held) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void begin() {
    if (shape_.begin_fails) throw std::runtime_error("no begin");
    const std::lock_guard lock(store_.mutex);
    ++store_.begun;
  }
  void operator()(Batch<int> batch, const std::stop_token&) {
    const auto fails = [&](int every, WorkItem<int>& item) {
      return Shape::hits(every, *item) && (!shape_.fails_once || item.attempt() == 1);
    };
    {
      const std::lock_guard lock(store_.mutex);
      if (batch.empty() || batch.size() > shape_.longest) store_.is_wrong = true;
    }
    for (auto& item : batch) {
      if (*item == shape_.stops_at) shape_.stop();
    }
    if (fails(shape_.batch_fails_every, batch.front())) throw std::runtime_error("bad batch");
    std::vector<int> rows;
    for (auto& item : batch) {
      if (fails(shape_.item_fails_every, item)) {
        item.fail(std::runtime_error("bad item"));
      } else {
        rows.push_back(*item);
      }
    }
    if (is_held_) {
      held_.insert(held_.end(), rows.begin(), rows.end());
    } else {
      commit(rows);
    }
  }
  void end(WorkOutcome outcome) {
    {
      const std::lock_guard lock(store_.mutex);
      ++store_.ended;
    }
    if (outcome != WorkOutcome::done) return;
    if (shape_.end_fails) throw std::runtime_error("no end");
    commit(held_);
  }

 private:
  void commit(const std::vector<int>& rows) {
    const std::lock_guard lock(store_.mutex);
    store_.rows.insert(store_.rows.end(), rows.begin(), rows.end());
  }

  Store& store_;
  const Shape& shape_;
  const bool is_held_;
  std::vector<int> held_;
};

}  // namespace

TEST_CASE("batch: random runs count every item once, and as done only what is stored", "[pipeline][random]") {
  const RandomRun runs(1000);
  std::minstd_rand random(runs.seed());
  const auto pick = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  const auto sometimes = [&](int high) { return pick(0, 3) == 0 ? pick(1, high) : 0; };
  for (std::size_t run = 0; run < runs.rounds(); ++run) {
    INFO("run " << run);
    const Watchdog watchdog("a random run of batches");
    const int count = pick(0, 200);
    const auto stage = [&] {
      return StageOptions{.retry = {.attempts = pick(1, 3), .initial_delay = 0ms},
                          .workers = static_cast<std::size_t>(pick(1, 3)),
                          .queue_items = static_cast<std::size_t>(pick(1, 50))};
    };
    StageOptions last = stage();
    const auto commit = static_cast<CommitPoint>(pick(0, 2));
    last.commit = commit;
    enum class Ending {
      natural,
      drain,
      abort
    } const ending = static_cast<Ending>(pick(0, 5) > 2 ? 0 : pick(1, 2));
    Store store;
    Shape shape{.longest = static_cast<std::size_t>(pick(1, 40)),
                .batch_fails_every = sometimes(20),
                .item_fails_every = sometimes(20),
                .fails_once = pick(0, 1) == 0,
                .begin_fails = pick(0, 30) == 0,
                .end_fails = pick(0, 10) == 0,
                .stops_at = ending == Ending::natural ? -1 : pick(0, 200)};
    const bool skips = pick(0, 2) != 0;
    const BatchOptions gather{.items = shape.longest,
                              .bytes = ByteCount{static_cast<std::uint64_t>(sometimes(100))},
                              .wait = std::chrono::milliseconds(pick(0, 1) * 3'600'000)};
    auto source = pipeline_of<int>([&, given = 0](std::size_t room, const std::stop_token&) mutable {
      std::vector<int> items;
      const auto most = std::min<std::size_t>(room, static_cast<std::size_t>(pick(1, 60)));
      while (items.size() < most && given < count) items.push_back(given++);
      return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
    });
    // Before it, batches on threads or as coroutines, whose values go on.
    const auto same = [](Batch<int> batch) {
      std::vector<int> values;
      for (auto& item : batch) values.push_back(*item);
      return values;
    };
    const BatchOptions before{.items = static_cast<std::size_t>(pick(1, 20)), .wait = 0ms};
    auto chain =
        pick(0, 1) == 0
            ? std::move(source).batch(before).stage(
                  "same", stage(), [=](Batch<int> batch, const std::stop_token&) { return same(batch); })
            : std::move(source).batch(before).stage(
                  "same", stage(),
                  [=](Batch<int> batch, const std::stop_token&) -> Awaitable<std::vector<int>> {
                    co_return same(batch);
                  });
    auto pipeline = std::move(chain)
                        .batch(gather)
                        .stage("store", std::move(last),
                               per_worker([&] { return Writer(store, shape, commit != CommitPoint::item); }))
                        .build({.on_failure = skips ? OnFailure::skip : OnFailure::stop});
    shape.stop = [&] { pipeline.stop(ending == Ending::drain ? StopMode::drain : StopMode::abort); };
    bool has_thrown = false;
    try {
      pipeline.run();
    } catch (const std::exception&) {
      has_thrown = true;
    }
    const PipelineReport report = pipeline.report();
    REQUIRE_FALSE(store.is_wrong);
    REQUIRE(store.begun == store.ended);
    REQUIRE(report.completed == store.rows.size());
    REQUIRE(report.entered == report.completed + report.failed + report.in_flight);
    REQUIRE(std::set<int>(store.rows.begin(), store.rows.end()).size() == store.rows.size());
    if (has_thrown && commit == CommitPoint::run && !shape.end_fails) REQUIRE(store.rows.empty());
    if (!has_thrown) {
      REQUIRE(report.in_flight == 0);
      if (ending == Ending::natural) REQUIRE(report.entered == static_cast<std::uint64_t>(count));
    }
  }
}
