// What reports and results say, figure by figure.
#include <cmath>
#include <regex>
#include <set>

#include "leat/pipeline/async.hpp"
#include "leat/pipeline/detail/flow.hpp"
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using Clock = std::chrono::steady_clock;

void work_for(std::chrono::nanoseconds time) {
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
  }
}

[[nodiscard]] bool within_4_percent(std::chrono::nanoseconds measured, std::chrono::nanoseconds expected) {
  return std::abs(static_cast<double>((measured - expected).count())) <=
         0.04 * static_cast<double>(expected.count());
}

}  // namespace

TEST_CASE("report: times of a stage are those of its hook", "[pipeline]") {
  const Watchdog watchdog("times of a stage");
  const StageOptions one{.workers = 1};
  Numbers pipeline(100, {.fetch = one,
                         .process = one,
                         .store = one,
                         .on_failure = OnFailure::skip,
                         .keep_results = KeepResults::yes,
                         .tracking = Tracking::on});
  const bool fails = GENERATE(false, true);
  const auto works = [fails](WorkItem<int>& item, const std::stop_token&) {
    if (*item % 10 == 0) {
      work_for(5ms);
      if (fails) throw std::runtime_error("slow and bad");
    }
    return *item;
  };
  const std::size_t stage = GENERATE(as<std::size_t>(), 0, 2);
  (stage == 0 ? pipeline.on_fetch : pipeline.on_store) = works;
  const auto report = pipeline.run();
  const StageReport& slow = report.stages[stage];
  CHECK(slow.p50 < 5ms);
  CHECK(slow.p99 >= 4800us);
  CHECK(slow.average >= 500us);
  CHECK(slow.average <= slow.p99);
  for (const auto& result : pipeline.results()) {
    CHECK(result.duration <= report.elapsed);
    REQUIRE(result.times.size() == 3);
    CHECK(result.times[stage].finished >= result.times[stage].started);
    if (!result.success) CHECK(result.times[stage].finished - result.times[stage].started >= 5ms);
  }
}

TEST_CASE("report: a hook's time leaves out waits for items and for room", "[pipeline]") {
  const Watchdog watchdog("a hook's time leaves out waits");
  PipelineOptions options{.fetch = {.workers = 1, .queue_items = 100},
                          .process = {.workers = 1, .queue_items = 1},
                          .store = {.workers = 1},
                          .keep_results = KeepResults::yes,
                          .tracking = Tracking::on};
  Clock::time_point before{};
  int first = 0;
  SECTION("for items") {
    Numbers pipeline(0, std::move(options));
    pipeline.on_refill = [&, calls = 0](std::size_t, const std::stop_token&) mutable {
      if (++calls == 3) return Refill<int>::done();
      if (calls == 2) {
        wait_until([&] { return pipeline.report().completed == 1; });
        before = Clock::now();
      }
      return Refill<int>::items(std::vector<int>{calls});
    };
    const auto report = pipeline.run();
    const auto results = pipeline.results();
    REQUIRE(results.size() == 2);
    for (const StageTimes& times : results[1].times) CHECK(times.started >= before);
    CHECK(report.stages[0].waited_for_items > 0ns);
  }
  SECTION("for room") {
    Numbers pipeline(10, std::move(options));
    std::atomic<int> last{-1};
    pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) {
      last = *item;
      return *item;
    };
    pipeline.on_process = [&](WorkItem<int>& item, const std::stop_token&) {
      if (*item == 0) {
        // Item 1 waits in the queue, and item 2 for its place.
        wait_until([&] { return last == 2; });
        first = last + 1;
        before = Clock::now();
      }
      return *item;
    };
    const auto report = pipeline.run();
    const auto results = pipeline.results();
    REQUIRE(results.size() == 10);
    CHECK(results[static_cast<std::size_t>(first)].times[0].started >= before);
    CHECK(report.stages[0].waited_for_room > 0ns);
    CHECK(report.stages[1].waited_for_room == 0ns);
    CHECK(report.stages[0].most_waiting >= 5);
  }
}

TEST_CASE("report: counts of a run, of each stage, and after its end", "[pipeline]") {
  const Watchdog watchdog("counts of a run");
  const auto coroutine = [](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
    if (*item == 3) throw std::runtime_error("bad");
    co_return *item;
  };
  auto pipeline = pipeline_of<int>([given = 0](std::size_t, const std::stop_token&) mutable {
                    return given++ == 0 ? Refill<int>::items(up_to(20)) : Refill<int>::done();
                  })
                      .stage("count", {.workers = 3, .queue_items = 50},
                             [](WorkItem<int>& item, const std::stop_token&) { return *item; })
                      .stage("wait", {.workers = 7}, coroutine)
                      .stage("store", {.workers = 2}, [](WorkItem<int>&, const std::stop_token&) {})
                      .build({.name = "counted", .on_failure = OnFailure::skip});
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  CHECK(pipeline.report().name == "counted");
  CHECK(pipeline.report().entered == 0);
  CHECK(pipeline.results().empty());
  const auto report = pipeline.run();
  CHECK(report.name == "counted");
  CHECK(report.entered == 20);
  CHECK(report.completed == 19);
  CHECK(report.failed == 1);
  CHECK(report.refills == 2);
  CHECK(report.elapsed > 0ns);
  CHECK(pipeline.report().elapsed == report.elapsed);
  CHECK(pipeline.results().empty());
  REQUIRE(report.stages.size() == 3);
  CHECK(report.stages[0].workers == 3);
  CHECK(report.stages[0].threads == 3);
  CHECK(report.stages[0].completed == 20);
  CHECK(report.stages[0].average == 0ns);
  CHECK(report.stages[1].workers == 7);
  CHECK(report.stages[1].threads == 1);
  CHECK(report.stages[1].completed == 19);
  CHECK(report.stages[1].failed == 1);
  CHECK(report.stages[2].completed == 19);
  for (const StageReport& stage : report.stages) {
    CHECK(stage.waiting == 0);
    CHECK(stage.most_waiting >= 1);
    CHECK(stage.waited_for_items > 0ns);
  }
}

TEST_CASE("report: on_end gets the final one, whatever ended the run", "[pipeline]") {
  const Watchdog watchdog("on_end gets the final one");
  std::vector<PipelineReport> told;
  PipelineOptions options;
  options.on_end = [&](const PipelineReport& report) { told.push_back(report); };
  Numbers pipeline(10, std::move(options));
  SECTION("its last item") {
    CHECK(pipeline.run().completed == 10);
  }
  SECTION("a failure") {
    pipeline.on_store = fails_on(5);
    CHECK_THROWS_WITH(pipeline.run(), "bad item 5");
  }
  REQUIRE(told.size() == 1);
  CHECK_FALSE(told[0].running);
  CHECK(told[0].completed == pipeline.report().completed);
  CHECK(told[0].failed == pipeline.report().failed);
  CHECK(told[0].elapsed == pipeline.report().elapsed);
}

TEST_CASE("report: one line for a log", "[pipeline]") {
  PipelineReport report{
      .name = "nightly", .completed = 50, .failed = 2, .in_flight = 3, .elapsed = 10s, .stages = {}};
  report.stages = {{.name = "fetch", .completed = 60, .waiting = 4, .average = 1500us},
                   {.name = "store", .completed = 50}};
  CHECK(report.items_per_second() == 5);
  CHECK(to_string(report) ==
        "pipeline nightly: 50 items completed (5.0/s), 2 failed, 3 on their way; fetch: 60 done, 4 waiting, "
        "1.5 ms each; store: 50 done, 0 waiting");
  CHECK(PipelineReport{}.items_per_second() == 0);
}

TEST_CASE("report: waits for room count for the slowest stage, too", "[pipeline]") {
  PipelineReport report;
  report.stages = {{.name = "held up", .threads = 1, .waited_for_items = 1ms, .waited_for_room = 900ms},
                   {.name = "busy", .threads = 1, .waited_for_items = 100ms}};
  CHECK(report.slowest_stage() == "busy");
}

TEST_CASE("results: an id that nobody gave is a random UUID, and stays", "[pipeline]") {
  const Watchdog watchdog("an id that nobody gave");
  Numbers pipeline(50, {.keep_results = KeepResults::yes});
  std::mutex mutex;
  std::set<std::string> seen;
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) {
    const std::lock_guard lock(mutex);
    seen.insert(item.id());
    return *item;
  };
  pipeline.on_process = pipeline.on_fetch;
  pipeline.run();
  std::set<std::string> ids;
  const std::regex version4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  for (const auto& result : pipeline.results()) {
    CHECK(std::regex_match(result.id, version4));
    ids.insert(result.id);
  }
  CHECK(ids.size() == 50);
  CHECK(ids == seen);
}

TEST_CASE("results: in the order in which items ended, and callbacks are called one at a time",
          "[pipeline]") {
  const Watchdog watchdog("in the order in which items ended");
  std::vector<std::string> told;
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  PipelineOptions options{.keep_results = KeepResults::yes};
  options.on_result = [&](const PipelineResult& result) {
    most = std::max(most.load(), ++inside);
    work_for(10us);
    told.push_back(result.id);
    --inside;
  };
  Numbers pipeline(500, std::move(options));
  pipeline.run();
  CHECK(most == 1);
  REQUIRE(told.size() == 500);
  std::vector<std::string> kept;
  for (const auto& result : pipeline.results()) kept.push_back(result.id);
  CHECK(kept == told);
}

TEST_CASE("results: what the last hook returned, if it can only be moved", "[pipeline]") {
  const Watchdog watchdog("what the last hook returned");
  const bool coroutine = GENERATE(false, true);
  auto source = pipeline_of<int>([](std::size_t, const std::stop_token&) {
    std::vector<WorkItem<int>> last;
    last.emplace_back("only", 7, Metadata{{"from", "a"}});
    return Refill<int>::done(std::move(last));
  });
  PipelineOptions options{.keep_results = KeepResults::yes, .tracking = Tracking::on};
  auto pipeline =
      coroutine
          ? std::move(source)
                .stage("make", {},
                       [](WorkItem<int>& item, const std::stop_token&) -> Awaitable<std::unique_ptr<int>> {
                         co_return std::make_unique<int>(*item);
                       })
                .build(options)
          : std::move(source)
                .stage(
                    "make", {},
                    [](WorkItem<int>& item, const std::stop_token&) { return std::make_unique<int>(*item); })
                .build(options);
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  pipeline.run();
  const auto results = pipeline.results();
  REQUIRE(results.size() == 1);
  CHECK(**std::any_cast<std::shared_ptr<std::unique_ptr<int>>>(results[0].stored) == 7);
  CHECK(results[0].metadata == Metadata{{"from", "a"}});
  CHECK(results[0].id == "only");
  CHECK(results[0].attempts == 1);
}

TEST_CASE("results: an item has the times of every stage, however many there are", "[pipeline]") {
  const Watchdog watchdog("the times of every stage");
  const auto pass = [](WorkItem<int>& item, const std::stop_token&) {
    if (item.times().size() != 4) throw std::runtime_error("times are missing");
    return *item;
  };
  auto pipeline =
      pipeline_of<int>([](std::size_t, const std::stop_token&) {
        std::vector<WorkItem<int>> last;
        last.emplace_back(1);
        return Refill<int>::done(std::move(last));
      })
          .stage("a", {}, pass)
          .stage("b", {},
                 [](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> { co_return *item; })
          .stage("c", {}, pass)
          .stage("d", {},
                 [](WorkItem<int>& item, const std::stop_token&) -> Awaitable<void> {
                   static_cast<void>(item);
                   co_return;
                 })
          .build({.keep_results = KeepResults::yes, .tracking = Tracking::on});
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  const auto report = pipeline.run();
  const auto results = pipeline.results();
  REQUIRE(results.size() == 1);
  REQUIRE(results[0].times.size() == 4);
  auto last = Clock::time_point{} + 1ns;
  for (const StageTimes& times : results[0].times) {
    CHECK(times.started >= last);
    CHECK(times.finished >= times.started);
    last = times.finished;
  }
  for (const StageReport& stage : report.stages) {
    CHECK(stage.average > 0ns);
    CHECK(stage.p50 > 0ns);
  }
}

TEST_CASE("Histogram: a quantile is within 4 %", "[pipeline]") {
  for (std::int64_t value = 1; value < 1'000'000'000'000; value = value * 7 / 5 + 1) {
    detail::Histogram histogram;
    histogram.add(std::chrono::nanoseconds(value));
    CHECK(within_4_percent(histogram.quantile(0.5), std::chrono::nanoseconds(value)));
  }
  detail::Histogram histogram;
  CHECK(histogram.quantile(0.5) == 0ns);
  for (int i = 1; i <= 1000; ++i) histogram.add(std::chrono::microseconds(i));
  CHECK(within_4_percent(histogram.quantile(0.5), 500us));
  CHECK(within_4_percent(histogram.quantile(0.99), 990us));
}

TEST_CASE("Flow: what delays are drawn from is spread over [0, 1)", "[pipeline]") {
  detail::Flow flow(PipelineOptions{});
  std::set<double> values;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = flow.random();
    CHECK(value >= 0);
    CHECK(value < 1);
    values.insert(value);
    sum += value;
  }
  CHECK(values.size() == 1000);
  CHECK(sum > 400);
  CHECK(sum < 600);
}
