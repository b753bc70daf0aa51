// What goes in comes out.
#include <numeric>

#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("ETLPipeline: every item passes every hook, and the report counts it", "[pipeline]") {
  const Watchdog watchdog("every item passes every hook");
  Numbers pipeline(1000);
  pipeline.on_fetch = [](WorkItem<int>& item, const std::stop_token&) { return *item + 1; };
  pipeline.on_process = [](WorkItem<int>& item, const std::stop_token&) { return *item * 2; };
  const PipelineReport report = pipeline.run();
  const auto stored = pipeline.stored();
  CHECK(stored.size() == 1000);
  CHECK(std::accumulate(stored.begin(), stored.end(), 0L) == 1001000);
  CHECK(report.entered == 1000);
  CHECK(report.completed == 1000);
  CHECK(report.failed == 0);
  CHECK(report.in_flight == 0);
  CHECK_FALSE(report.running);
  REQUIRE(report.stages.size() == 3);
  CHECK(report.stages[0].name == "fetch");
  for (const StageReport& stage : report.stages) CHECK(stage.completed == 1000);
  CHECK(report.items_per_second() > 0);
}

TEST_CASE("ETLPipeline: with one worker a stage, items keep their order", "[pipeline]") {
  const Watchdog watchdog("items keep their order");
  const StageOptions one{.workers = 1, .queue_items = GENERATE(as<std::size_t>(), 1, 2, 7, 1000)};
  Numbers pipeline(2000, {.fetch = one, .process = one, .store = one});
  pipeline.run();
  CHECK(pipeline.stored() == up_to(2000));
}

TEST_CASE("ETLPipeline: more workers than items, and queues of one", "[pipeline]") {
  const Watchdog watchdog("more workers than items");
  const StageOptions many{.workers = 20, .queue_items = 1};
  Numbers pipeline(7, {.fetch = many, .process = many, .store = many});
  CHECK(pipeline.run().completed == 7);
  CHECK(pipeline.sorted() == up_to(7));
}

TEST_CASE("ETLPipeline: no items at all is an end", "[pipeline]") {
  const Watchdog watchdog("no items at all");
  Numbers pipeline(0);
  CHECK(pipeline.run().completed == 0);
}

TEST_CASE("ETLPipeline: idle and empty refills are asked again, the last items may come with done",
          "[pipeline]") {
  const Watchdog watchdog("idle and empty refills");
  Numbers pipeline(0, {.idle_delay = 5ms});
  int calls = 0;
  std::vector<std::chrono::steady_clock::time_point> asked;
  pipeline.on_refill = [&](std::size_t, const std::stop_token&) {
    asked.push_back(std::chrono::steady_clock::now());
    switch (++calls) {
      case 1:
        return Refill<int>::idle();
      case 2:
        return Refill<int>::idle(20ms);
      case 3:
        return Refill<int>::items(std::vector<int>{});
      case 4:
        return Refill<int>::items(std::vector<int>{0, 1});
      default: {
        std::vector<WorkItem<int>> last;
        last.emplace_back(2);
        return Refill<int>::done(std::move(last));
      }
    }
  };
  const auto report = pipeline.run();
  CHECK(report.refills == 5);
  REQUIRE(asked.size() == 5);
  CHECK(asked[1] - asked[0] >= 5ms);
  CHECK(asked[2] - asked[1] >= 20ms);
  CHECK(asked[3] - asked[2] >= 5ms);
  CHECK(pipeline.sorted() == up_to(3));
}

TEST_CASE("ETLPipeline: refill is asked for what there is room for", "[pipeline]") {
  const Watchdog watchdog("refill is asked for what there is room for");
  Numbers pipeline(0, {.fetch = {.workers = 1, .queue_items = 10}});
  std::vector<std::size_t> rooms;
  int given = 0;
  pipeline.on_refill = [&](std::size_t room, const std::stop_token&) {
    rooms.push_back(room);
    std::vector<int> items;
    while (items.size() < room && given < 100) items.push_back(given++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  };
  pipeline.run();
  CHECK(rooms.front() == 10);
  CHECK(*std::min_element(rooms.begin(), rooms.end()) >= 1);
  CHECK(*std::max_element(rooms.begin(), rooms.end()) <= 10);
}

TEST_CASE("ETLPipeline: it may run again after it has ended", "[pipeline]") {
  const Watchdog watchdog("it may run again");
  Numbers pipeline(100);
  for (int i = 0; i < 3; ++i) {
    pipeline.again();
    CHECK(pipeline.run().completed == 100);
    CHECK(pipeline.sorted() == up_to(100));
  }
  SECTION("after a failure, too") {
    pipeline.on_store = fails_on(50);
    pipeline.again();
    CHECK_THROWS_WITH(pipeline.run(), "bad item 50");
    pipeline.on_store = {};
    pipeline.again();
    CHECK(pipeline.run().completed == 100);
  }
}

TEST_CASE("ETLPipeline: no item waits for one that takes long", "[pipeline]") {
  const Watchdog watchdog("no item waits for one that takes long");
  std::mutex mutex;
  std::condition_variable stored;
  int count = 0;
  const StageOptions one{.workers = 1};
  Numbers pipeline(100, {.fetch = one, .process = one, .store = one});
  // The hook of item 60 returns only when all before it were stored.
  const auto waits = [&](WorkItem<int>& item, const std::stop_token&) {
    if (*item == 60) {
      std::unique_lock lock(mutex);
      stored.wait(lock, [&] { return count == 60; });
    }
    return *item;
  };
  SECTION("in fetch") {
    pipeline.on_fetch = waits;
  }
  SECTION("in process") {
    pipeline.on_process = waits;
  }
  pipeline.on_store = [&](WorkItem<int>& item, const std::stop_token&) {
    const std::lock_guard lock(mutex);
    ++count;
    stored.notify_all();
    return *item;
  };
  pipeline.run();
  CHECK(pipeline.stored() == up_to(100));
}

TEST_CASE("ETLPipeline: a free worker takes the next item while another's takes long", "[pipeline]") {
  const Watchdog watchdog("a free worker takes the next item");
  std::atomic<int> done{0};
  Numbers pipeline(100, {.fetch = {.workers = 2}});
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) {
    if (*item == 0) wait_until([&] { return done == 99; });
    ++done;
    return *item;
  };
  CHECK(pipeline.run().completed == 100);
}

TEST_CASE("ETLPipeline: results tell ids, metadata, times and what store returned", "[pipeline]") {
  const Watchdog watchdog("results tell");
  class Stored : public ETLPipeline<int, int, int, std::string> {
   public:
    using ETLPipeline::ETLPipeline;
    Refill<int> refill(std::size_t, const std::stop_token&) override {
      std::vector<WorkItem<int>> items;
      items.emplace_back("first", 1, Metadata{{"from", "a"}});
      items.emplace_back(2);
      return Refill<int>::done(std::move(items));
    }
    int fetch(WorkItem<int>& item, const std::stop_token&) override {
      item.metadata()["seen"] = "yes";
      return *item;
    }
    int process(WorkItem<int>& item, const std::stop_token&) override { return *item; }
    std::string store(WorkItem<int>& item, const std::stop_token&) override { return std::to_string(*item); }
  };
  const StageOptions one{.workers = 1};
  const auto tracking = GENERATE(Tracking::off, Tracking::on);
  Stored pipeline(
      {.fetch = one, .process = one, .store = one, .keep_results = KeepResults::yes, .tracking = tracking});
  const auto report = pipeline.run();
  const auto results = pipeline.results();
  REQUIRE(results.size() == 2);
  CHECK(results[0].success);
  CHECK(results[0].id == "first");
  CHECK(results[0].metadata == Metadata{{"from", "a"}, {"seen", "yes"}});
  CHECK(std::any_cast<std::string>(results[0].stored) == "1");
  CHECK(results[0].attempts == 3);
  CHECK(results[1].id.size() == 36);
  CHECK(results[1].metadata == Metadata{{"seen", "yes"}});
  CHECK(results[0].times.empty() == (tracking == Tracking::off));
  if (tracking == Tracking::on) {
    REQUIRE(results[0].times.size() == 3);
    for (const StageTimes& times : results[0].times) CHECK(times.started <= times.finished);
    CHECK(results[0].times[0].finished <= results[0].times[1].started);
    CHECK(results[0].duration >= results[0].times[2].finished - results[0].times[0].started);
    CHECK(report.stages[0].p99 >= report.stages[0].p50);
    CHECK(report.stages[0].average.count() > 0);
  }
}

TEST_CASE("ETLPipeline: an id that is on its way already is refused, and may come again later",
          "[pipeline]") {
  const Watchdog watchdog("an id that is on its way already");
  std::atomic<bool> free{false};
  std::atomic<int> refused{0};
  PipelineOptions options{.on_failure = OnFailure::skip, .keep_results = KeepResults::yes};
  options.on_result = [&](const PipelineResult& result) {
    if (!result.success) free = ++refused == 2;
  };
  Numbers pipeline(0, std::move(options));
  int calls = 0;
  pipeline.on_refill = [&](std::size_t, const std::stop_token&) {
    std::vector<WorkItem<int>> items;
    ++calls;
    if (calls == 3) wait_until([&] { return pipeline.report().completed == 1; });
    if (calls == 4) return Refill<int>::done();
    items.emplace_back("same", calls);
    if (calls == 1) items.emplace_back("same", 10);
    return Refill<int>::items(std::move(items));
  };
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) {
    wait_until([&] { return free.load(); });
    return *item;
  };
  const auto report = pipeline.run();
  CHECK(report.duplicates == 2);
  CHECK(report.failed == 2);
  CHECK(report.completed == 2);
  CHECK(report.entered == 4);
  CHECK(report.in_flight == 0);
  CHECK(pipeline.sorted() == std::vector<int>{1, 3});
  for (const auto& result : pipeline.results()) CHECK(result.id == "same");
}

TEST_CASE("ETLPipeline: statistics are true while it runs", "[pipeline]") {
  const Watchdog watchdog("statistics are true while it runs");
  std::atomic<int> entered{0};
  const StageOptions one{.workers = 1, .queue_items = 100};
  Numbers pipeline(10, {.fetch = one, .process = one, .store = one});
  pipeline.on_store = [&, block = blocks(entered)](WorkItem<int>& item, const std::stop_token& stop) {
    return *item == 5 ? block(item, stop) : *item;
  };
  CHECK_FALSE(pipeline.is_running());
  pipeline.start();
  wait_until([&] { return entered == 1 && pipeline.report().stages[1].completed == 10; });
  const auto report = pipeline.report();
  CHECK(report.running);
  CHECK(pipeline.is_running());
  CHECK(report.entered == 10);
  CHECK(report.completed == 5);
  CHECK(report.in_flight == 5);
  CHECK_THROWS_AS(pipeline.start(), std::logic_error);
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
  CHECK(pipeline.report().in_flight == 5);
  CHECK_FALSE(pipeline.report().running);
}

TEST_CASE("ETLPipeline: statistics are not logged where the interval is zero", "[pipeline]") {
  const Watchdog watchdog("statistics are not logged");
  std::atomic<int> logged{0};
  PipelineOptions options{.stats_interval = 0ms};
  options.log = Logger(LogLevel::info, [&](LogLevel, std::string_view) { ++logged; });
  Numbers pipeline(100, std::move(options));
  CHECK(pipeline.run().completed == 100);
  CHECK(logged == 0);
}

TEST_CASE("ETLPipeline: statistics are logged by interval and at the end", "[pipeline]") {
  const Watchdog watchdog("statistics are logged");
  std::mutex mutex;
  std::vector<std::string> lines;
  std::atomic<int> logged{0};
  PipelineOptions options{.name = "nightly", .stats_interval = 1ms};
  options.log = Logger(LogLevel::info, [&](LogLevel, std::string_view line) {
    const std::lock_guard lock(mutex);
    lines.emplace_back(line);
    ++logged;
  });
  Numbers pipeline(10, std::move(options));
  pipeline.on_store = [&](WorkItem<int>& item, const std::stop_token&) {
    wait_until([&] { return logged >= 2; });
    return *item;
  };
  pipeline.run();
  const std::lock_guard lock(mutex);
  CHECK(lines.front().find("nightly") != std::string::npos);
  CHECK(lines.back().find("10 items completed") != std::string::npos);
}
