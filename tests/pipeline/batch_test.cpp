// Stages whose hooks take many items at once.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

#include "leat/pipeline/async.hpp"
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using std::chrono::milliseconds;

/// Gives 0, 1, ..., count - 1, as many at a time as there is room for.
auto numbers_up_to(int count) {
  return [count, given = 0](std::size_t room, const std::stop_token&) mutable {
    std::vector<int> items;
    while (items.size() < room && given < count) items.push_back(given++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  };
}

/// Batches as they came. Thread-safe.
class Batches {
 public:
  template <class T>
  void add(Batch<T> batch) {
    std::vector<int> values;
    for (auto& item : batch) values.push_back(static_cast<int>(*item));
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(values));
  }
  [[nodiscard]] std::vector<std::vector<int>> all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  [[nodiscard]] std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> sizes;
    for (const auto& batch : all()) sizes.push_back(batch.size());
    return sizes;
  }
  [[nodiscard]] std::vector<int> values() const {
    std::vector<int> values;
    for (const auto& batch : all()) values.insert(values.end(), batch.begin(), batch.end());
    return values;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::vector<int>> all_;
};

struct Heavy {
  int value;
  std::size_t weight;
  explicit operator int() const { return value; }
};
std::size_t byte_weight(const Heavy& heavy) {
  return heavy.weight;
}

PipelineOptions skipping() {
  return {.on_failure = OnFailure::skip, .keep_results = KeepResults::yes};
}

}  // namespace

TEST_CASE("batch: complete by the number of items, and at the end", "[pipeline]") {
  const Watchdog watchdog("batches by number");
  Batches batches;
  auto pipeline =
      pipeline_of<int>(numbers_up_to(10))
          .batch({.items = 4, .wait = GENERATE(milliseconds(1h), milliseconds::max())})
          .stage("store", {}, [&](Batch<int> batch, const std::stop_token&) { batches.add(batch); })
          .build();
  const auto report = pipeline.run();
  CHECK(batches.sizes() == std::vector<std::size_t>{4, 4, 2});
  CHECK(batches.values() == up_to(10));
  CHECK(report.completed == 10);
  CHECK(report.in_flight == 0);
  CHECK(report.stages[0].batches == 3);
}

TEST_CASE("batch: complete by bytes, and one that is too heavy goes alone", "[pipeline]") {
  const Watchdog watchdog("batches by bytes");
  Batches batches;
  bool given = false;
  auto pipeline =
      pipeline_of<Heavy>([&](std::size_t, const std::stop_token&) {
        if (std::exchange(given, true)) return Refill<Heavy>::done();
        return Refill<Heavy>::items(
            std::vector<Heavy>{{0, 40}, {1, 40}, {2, 40}, {3, 60}, {4, 500}, {5, 1}, {6, 99}, {7, 1}});
      })
          .batch({.items = 100, .bytes = ByteCount{100}, .wait = 1h})
          .stage("store", {}, [&](Batch<Heavy> batch, const std::stop_token&) { batches.add(batch); })
          .build();
  CHECK(pipeline.run().completed == 8);
  CHECK(batches.all() == std::vector<std::vector<int>>{{0, 1}, {2, 3}, {4}, {5, 6}, {7}});
}

TEST_CASE("batch: complete when its first item has waited long enough", "[pipeline]") {
  const Watchdog watchdog("batches by time");
  const auto wait = GENERATE(0ms, 5ms);
  Batches batches;
  int given = 0;
  auto pipeline =
      pipeline_of<int>([&](std::size_t, const std::stop_token&) {
        if (given < 3) return Refill<int>::items({given++});
        // Nothing more comes before these were stored.
        return batches.values().size() < 3 ? Refill<int>::idle(1ms) : Refill<int>::done();
      })
          .batch({.items = 1000, .wait = wait})
          .stage("store", {}, [&](Batch<int> batch, const std::stop_token&) { batches.add(batch); })
          .build();
  CHECK(pipeline.run().completed == 3);
  CHECK(batches.values() == up_to(3));
}

TEST_CASE("batch: a drain ends after the batch that was being gathered", "[pipeline]") {
  const Watchdog watchdog("a drain of batches");
  Batches batches;
  bool given = false;
  auto pipeline =
      pipeline_of<int>([&](std::size_t, const std::stop_token&) {
        return std::exchange(given, true) ? Refill<int>::idle(1ms) : Refill<int>::items(up_to(3));
      })
          .batch({.items = 1000, .wait = 1h})
          .stage("store", {}, [&](Batch<int> batch, const std::stop_token&) { batches.add(batch); })
          .build();
  pipeline.start();
  wait_until([&] { return pipeline.report().entered == 3; });
  pipeline.stop();
  CHECK(pipeline.wait().completed == 3);
  CHECK(batches.sizes() == std::vector<std::size_t>{3});
}

TEST_CASE("batch: its items fail together", "[pipeline]") {
  const Watchdog watchdog("a batch fails");
  std::vector<std::string> lines;
  auto options = skipping();
  options.log = Logger(LogLevel::warning, [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  Batches batches;
  auto pipeline = pipeline_of<int>(numbers_up_to(10))
                      .batch({.items = 4, .wait = 1h})
                      .stage("store", {.retry = {.attempts = 2, .initial_delay = 0ms}},
                             [&](Batch<int> batch, const std::stop_token&) {
                               batches.add(batch);
                               if (*batch.front() == 4) throw std::runtime_error("bad batch");
                             })
                      .build(std::move(options));
  const auto report = pipeline.run();
  CHECK(report.completed == 6);
  CHECK(report.failed == 4);
  CHECK(report.stages[0].retried == 4);
  // The whole batch was tried again.
  CHECK(batches.all() == std::vector<std::vector<int>>{{0, 1, 2, 3}, {4, 5, 6, 7}, {4, 5, 6, 7}, {8, 9}});
  std::size_t failed = 0;
  for (const auto& result : pipeline.results()) {
    if (result.success) continue;
    ++failed;
    CHECK(result.message == "bad batch");
    CHECK(result.attempts == 2);
  }
  CHECK(failed == 4);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("and 3 of its batch failed in stage store after attempts: 2: bad batch") !=
        std::string::npos);
}

TEST_CASE("batch: if the last one fails, its items have failed and nothing else", "[pipeline]") {
  const Watchdog watchdog("the last batch fails");
  PipelineOptions options{.on_failure = GENERATE(OnFailure::stop, OnFailure::dead_letter)};
  std::vector<std::string> dead;
  if (options.on_failure == OnFailure::dead_letter) {
    options.dead_letter = [&](const PipelineResult& result) { dead.push_back(result.message); };
  }
  const bool stops = options.on_failure == OnFailure::stop;
  auto pipeline = pipeline_of<int>(numbers_up_to(10))
                      .batch({.items = 4, .wait = 1h})
                      .stage("store", {},
                             [&](Batch<int> batch, const std::stop_token&) {
                               if (*batch.front() == 8) throw std::runtime_error("bad batch");
                             })
                      .build(std::move(options));
  if (stops) {
    CHECK_THROWS_WITH(pipeline.run(), "bad batch");
  } else {
    pipeline.run();
    CHECK(dead == std::vector<std::string>{"bad batch", "bad batch"});
  }
  CHECK(pipeline.report().completed == 8);
  CHECK(pipeline.report().failed == 2);
  CHECK(pipeline.report().in_flight == 0);
}

TEST_CASE("batch: a hook tells which items have failed", "[pipeline]") {
  const Watchdog watchdog("items of a batch fail");
  Batches batches;
  // The first of them succeeds when it is tried again.
  const auto store = [&](Batch<int> batch, const std::stop_token&) {
    batches.add(batch);
    for (auto& item : batch) {
      if (*item == 7 || (*item == 2 && item.attempt() == 1)) item.fail(std::runtime_error("bad item"));
    }
  };
  auto pipeline = pipeline_of<int>(numbers_up_to(10))
                      .batch({.items = 10, .wait = 1h})
                      .stage("store", {.retry = {.attempts = 2, .initial_delay = 0ms}}, store)
                      .build(skipping());
  const auto report = pipeline.run();
  CHECK(report.completed == 9);
  CHECK(report.failed == 1);
  CHECK(report.stages[0].retried == 2);
  CHECK(batches.all() == std::vector<std::vector<int>>{up_to(10), {2, 7}});
}

TEST_CASE("batch: a hook that takes one item can tell its failure, too", "[pipeline]") {
  const Watchdog watchdog("an item is told to have failed");
  auto pipeline = pipeline_of<int>(numbers_up_to(10))
                      .stage("store", {},
                             [&](WorkItem<int>& item, const std::stop_token&) {
                               if (*item == 7) item.fail(std::runtime_error("bad item"));
                             })
                      .build(skipping());
  const auto report = pipeline.run();
  CHECK(report.completed == 9);
  CHECK(report.failed == 1);
}

TEST_CASE("batch: a value for each item goes on with its id", "[pipeline]") {
  const Watchdog watchdog("values of batches");
  std::map<std::string, int> stored;
  bool given = false;
  auto pipeline =
      pipeline_of<int>([&](std::size_t, const std::stop_token&) {
        std::vector<WorkItem<int>> items;
        if (!std::exchange(given, true)) {
          for (int i = 0; i < 7; ++i) items.emplace_back("item " + std::to_string(i), i);
        }
        return Refill<int>::done(std::move(items));
      })
          .batch({.items = 3, .wait = 1h})
          .stage("double", {},
                 [](Batch<int> batch, const std::stop_token&) {
                   std::vector<int> twice;
                   for (auto& item : batch) {
                     twice.push_back(2 * *item);
                     if (*item == 4) item.fail(std::runtime_error("bad item"));
                   }
                   return twice;
                 })
          .stage("store", {}, [&](WorkItem<int>& item, const std::stop_token&) { stored[item.id()] = *item; })
          .build(skipping());
  const auto report = pipeline.run();
  CHECK(report.failed == 1);
  CHECK(stored ==
        std::map<std::string, int>{
            {"item 0", 0}, {"item 1", 2}, {"item 2", 4}, {"item 3", 6}, {"item 5", 10}, {"item 6", 12}});
}

TEST_CASE("batch: a hook that returns too few values has failed", "[pipeline]") {
  const Watchdog watchdog("too few values");
  auto pipeline = pipeline_of<int>(numbers_up_to(3))
                      .batch({.items = 3, .wait = 1h})
                      .stage("double", {},
                             [](Batch<int>, const std::stop_token&) {
                               return std::vector<int>{1, 2};
                             })
                      .build();
  CHECK_THROWS_WITH(pipeline.run(), "the hook returned 2 values for a batch of 3 items");
  CHECK(pipeline.report().failed == 3);
}

TEST_CASE("batch: an abort gives up what was gathered", "[pipeline]") {
  const Watchdog watchdog("an abort of batches");
  std::atomic<int> entered{0};
  auto pipeline = pipeline_of<int>(numbers_up_to(100))
                      .batch({.items = 4, .wait = 1h})
                      .stage("store", {.workers = 2},
                             [&](Batch<int> batch, const std::stop_token& stop) {
                               static_cast<void>(blocks(entered)(batch.front(), stop));
                             })
                      .build();
  pipeline.start();
  wait_until([&] { return entered == 2; });
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
  const auto report = pipeline.report();
  CHECK(report.completed == 0);
  CHECK(report.failed == 0);
  CHECK(report.in_flight == report.entered);
}

TEST_CASE("batch: times of items are those of their batch", "[pipeline]") {
  const Watchdog watchdog("times of batches");
  auto options = skipping();
  options.tracking = Tracking::on;
  auto pipeline = pipeline_of<int>(numbers_up_to(4))
                      .batch({.items = 2, .wait = 1h})
                      .stage("store", {}, [](Batch<int>, const std::stop_token&) {})
                      .build(std::move(options));
  const auto report = pipeline.run();
  const auto results = pipeline.results();
  REQUIRE(results.size() == 4);
  CHECK(results[0].times[0].started == results[1].times[0].started);
  CHECK(results[0].times[0].finished == results[1].times[0].finished);
  CHECK(results[1].times[0].finished <= results[2].times[0].started);
  CHECK(report.stages[0].p99 >= report.stages[0].average);
}

TEST_CASE("batch: options that are out of range are named", "[pipeline]") {
  const auto build = [](BatchOptions options) {
    static_cast<void>(pipeline_of<int>(numbers_up_to(1))
                          .batch(options)
                          .stage("store", {}, [](Batch<int>, const std::stop_token&) {}));
  };
  CHECK_THROWS_WITH(build({.items = 0}), "stage \"store\".batch.items must be greater than 0");
  CHECK_THROWS_WITH(build({.wait = -1ms}), "stage \"store\".batch.wait must not be negative");
}

namespace {

/// Hooks of a subclass that take many items.
class Sums : public ETLPipeline<int, int, Batched<int>, Batched<>> {
 public:
  using ETLPipeline::ETLPipeline;

  Refill<int> refill(std::size_t room, const std::stop_token& stop) override { return source(room, stop); }
  int fetch(WorkItem<int>& item, const std::stop_token&) override { return *item; }
  std::vector<int> process(Batch<int> items, const std::stop_token&) override {
    std::vector<int> more;
    for (auto& item : items) more.push_back(*item + 1);
    return more;
  }
  void store(Batch<int> items, const std::stop_token&) override {
    for (auto& item : items) sum += *item;
  }

  std::function<Refill<int>(std::size_t, const std::stop_token&)> source = numbers_up_to(1000);
  std::atomic<int> sum{0};
};

}  // namespace

TEST_CASE("batch: a coroutine takes many items", "[pipeline]") {
  const Watchdog watchdog("batches of coroutines");
  Batches batches;
  std::vector<int> stored;
  const auto twice = [&](Batch<int> batch, const std::stop_token&) -> Awaitable<std::vector<int>> {
    batches.add(batch);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 1ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
    std::vector<int> values;
    for (auto& item : batch) {
      if (*item == 7 || (*item == 2 && item.attempt() == 1)) item.fail(std::runtime_error("bad item"));
      values.push_back(2 * *item);
    }
    if (*batch.front() == 20) throw std::runtime_error("bad batch");
    co_return values;
  };
  auto pipeline =
      pipeline_of<int>(numbers_up_to(30))
          .batch({.items = 10, .wait = 1h})
          .stage("double", {.retry = {.attempts = 2, .initial_delay = 0ms}, .workers = 2}, twice)
          .stage("store", {}, [&](WorkItem<int>& item, const std::stop_token&) { stored.push_back(*item); })
          .build(skipping());
  const auto report = pipeline.run();
  CHECK(report.completed == 19);
  CHECK(report.failed == 11);
  CHECK(report.stages[0].batches == 5);
  CHECK(report.stages[0].retried == 12);
  std::sort(stored.begin(), stored.end());
  std::vector<int> expected;
  for (int i = 0; i < 20; ++i) {
    if (i != 7) expected.push_back(2 * i);
  }
  CHECK(stored == expected);
}

TEST_CASE("batch: coroutines that take many items are stopped", "[pipeline]") {
  const Watchdog watchdog("a stop of batches of coroutines");
  std::atomic<int> entered{0};
  auto pipeline = pipeline_of<int>(numbers_up_to(30))
                      .batch({.items = 10, .wait = 1h})
                      .stage("store", {.workers = 2},
                             [&](Batch<int>, const std::stop_token&) -> Awaitable<void> {
                               ++entered;
                               boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 1h);
                               co_await timer.async_wait(boost::asio::use_awaitable);
                             })
                      .build();
  pipeline.start();
  wait_until([&] { return entered == 2; });
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
  CHECK(pipeline.report().in_flight == pipeline.report().entered);
}

TEST_CASE("batch: hooks of an ETLPipeline take many items", "[pipeline]") {
  const Watchdog watchdog("batches of an ETLPipeline");
  Sums sums({.process = {.workers = 2, .batch = {.items = 7}}, .store = {.batch = {.items = 50}}});
  const auto report = sums.run();
  CHECK(report.completed == 1000);
  CHECK(report.stages[1].batches >= 1000 / 7);
  CHECK(report.stages[2].batches >= 1000 / 50);
  CHECK(sums.sum == 1000 * 999 / 2 + 1000);
}
