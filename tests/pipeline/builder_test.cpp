// Stages of any number and shape, and options that make no sense.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "leat/pipeline/async.hpp"
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

namespace {

auto numbers(int count) {
  return pipeline_of<int>([count, given = 0](std::size_t room, const std::stop_token&) mutable {
    std::vector<int> items;
    while (items.size() < room && given < count) items.push_back(given++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  });
}

int same(WorkItem<int>& item, const std::stop_token&) {
  return *item;
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    return error.what();
  }
  FAIL("no error");
  return {};
}

}  // namespace

TEST_CASE("builder: stages of many types, threads and coroutines, in one chain", "[pipeline]") {
  const Watchdog watchdog("builder: stages of many types");
  std::mutex mutex;
  std::vector<std::string> seen;
  auto pipeline =
      numbers(100)
          .stage("double", {.workers = 2},
                 [](WorkItem<int>& item, const std::stop_token&) { return *item * 2L; })
          .stage("wait", {.workers = 10},
                 [](WorkItem<long>& item, const std::stop_token&) -> Awaitable<std::unique_ptr<long>> {
                   boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 1ms);
                   co_await timer.async_wait(boost::asio::use_awaitable);
                   co_return std::make_unique<long>(*item);
                 })
          .stage("print", {.workers = 2},
                 [](WorkItem<std::unique_ptr<long>>& item, const std::stop_token&) {
                   return std::to_string(**item);
                 })
          .stage("keep", {},
                 [&](WorkItem<std::string>& item, const std::stop_token&) {
                   const std::lock_guard lock(mutex);
                   seen.push_back(*item);
                 })
          .build({.name = "many"});
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  const auto report = pipeline.run();
  CHECK(report.completed == 100);
  CHECK(report.stages.size() == 4);
  CHECK(report.stages[1].name == "wait");
  CHECK(seen.size() == 100);
  CHECK(std::count(seen.begin(), seen.end(), "198") == 1);
}

TEST_CASE("streams: one item becomes many, under the same backpressure", "[pipeline]") {
  const Watchdog watchdog("streams");
  const bool coroutine = GENERATE(false, true);
  std::atomic<int> stored{0};
  std::atomic<int> ahead{0};
  std::atomic<int> most_ahead{0};
  const StageOptions narrow{.workers = 1, .queue_items = 5};
  const auto store = [&](WorkItem<int>&, const std::stop_token&) {
    ++stored;
    --ahead;
  };
  const auto count = [&] {
    const int now = ++ahead;
    int most = most_ahead;
    while (now > most && !most_ahead.compare_exchange_weak(most, now)) {
    }
  };
  PipelineOptions options{.keep_results = KeepResults::yes};
  auto pipeline = coroutine
                      ? numbers(10)
                            .stream<int>("split", narrow,
                                         [&](WorkItem<int>& item, AsyncEmitter<int>& out,
                                             const std::stop_token&) -> Awaitable<void> {
                                           for (int i = 0; i < *item * 100; ++i) {
                                             count();
                                             co_await out.emit(i);
                                           }
                                         })
                            .stage("store", narrow, store)
                            .build(options)
                      : numbers(10)
                            .stream<int>("split", narrow,
                                         [&](WorkItem<int>& item, Emitter<int>& out, const std::stop_token&) {
                                           for (int i = 0; i < *item * 100; ++i) {
                                             count();
                                             out.emit(i);
                                           }
                                         })
                            .stage("store", narrow, store)
                            .build(options);
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  const auto report = pipeline.run();
  CHECK(stored == 4500);
  CHECK(report.entered == 10);
  CHECK(report.emitted == 4500);
  CHECK(report.completed == 4510);
  CHECK(report.in_flight == 0);
  CHECK(most_ahead < 200);
  std::uint64_t emitted = 0;
  for (const auto& result : pipeline.results()) emitted += result.emitted;
  CHECK(emitted == 4500);
}

TEST_CASE("streams: emitted items have ids and metadata of their own", "[pipeline]") {
  const Watchdog watchdog("streams: ids");
  auto source = pipeline_of<int>([](std::size_t, const std::stop_token&) {
    std::vector<WorkItem<int>> items;
    items.emplace_back("page", 2, Metadata{{"host", "a"}});
    return Refill<int>::done(std::move(items));
  });
  const bool coroutine = GENERATE(false, true);
  auto emitted = coroutine
                     ? std::move(source).stream<int>("split", {},
                                                     [](WorkItem<int>& item, AsyncEmitter<int>& out,
                                                        const std::stop_token&) -> Awaitable<void> {
                                                       for (int i = 0; i < *item; ++i) co_await out.emit(i);
                                                     })
                     : std::move(source).stream<int>(
                           "split", {}, [](WorkItem<int>& item, Emitter<int>& out, const std::stop_token&) {
                             for (int i = 0; i < *item; ++i) out.emit(i);
                           });
  auto pipeline = std::move(emitted)
                      .stage("store", {}, [](WorkItem<int>&, const std::stop_token&) {})
                      .build({.keep_results = KeepResults::yes, .tracking = Tracking::on});
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  const auto report = pipeline.run();
  std::vector<std::string> ids;
  for (const auto& result : pipeline.results()) {
    ids.push_back(result.id);
    CHECK(result.metadata == Metadata{{"host", "a"}});
    CHECK(result.emitted == (result.id == "page" ? 2 : 0));
    CHECK(result.duration <= report.elapsed);
    CHECK(result.times.size() == 2);
  }
  std::sort(ids.begin(), ids.end());
  CHECK(ids == std::vector<std::string>{"page", "page/1", "page/2"});
}

TEST_CASE("streams: one that fails after it has emitted is not tried again", "[pipeline]") {
  const Watchdog watchdog("streams: one that fails");
  std::atomic<int> stored{0};
  StageOptions patient{.retry = {.attempts = 5, .initial_delay = 0ms}};
  const bool coroutine = GENERATE(false, true);
  // Item 1 fails once before it emits, and then always after it.
  auto emitted =
      coroutine ? numbers(2).stream<int>("split", patient,
                                         [](WorkItem<int>& item, AsyncEmitter<int>& out,
                                            const std::stop_token&) -> Awaitable<void> {
                                           if (*item == 1 && item.attempt() == 1)
                                             throw std::runtime_error("");
                                           co_await out.emit(1);
                                           if (*item == 1) throw std::runtime_error("broken");
                                         })
                : numbers(2).stream<int>("split", patient,
                                         [](WorkItem<int>& item, Emitter<int>& out, const std::stop_token&) {
                                           if (*item == 1 && item.attempt() == 1)
                                             throw std::runtime_error("");
                                           out.emit(1);
                                           if (*item == 1) throw std::runtime_error("broken");
                                         });
  auto pipeline = std::move(emitted)
                      .stage("store", {}, [&](WorkItem<int>&, const std::stop_token&) { ++stored; })
                      .build({.on_failure = OnFailure::skip});
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  const auto report = pipeline.run();
  CHECK(stored == 2);
  CHECK(report.failed == 1);
  CHECK(report.completed == 3);
  CHECK(report.stages[0].retried == 1);
}

TEST_CASE("streams: what they emitted is counted as on its way", "[pipeline]") {
  const Watchdog watchdog("streams: on its way");
  std::atomic<int> entered{0};
  auto pipeline = numbers(1)
                      .stream<int>("split", {},
                                   [](WorkItem<int>&, Emitter<int>& out, const std::stop_token&) {
                                     for (int i = 0; i < 5; ++i) out.emit(i);
                                   })
                      .stage("store", {},
                             [block = blocks(entered)](WorkItem<int>& item, const std::stop_token& stop) {
                               block(item, stop);
                             })
                      .build();
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  pipeline.start();
  wait_until([&] { return entered == 1 && pipeline.report().completed == 1; });
  CHECK(pipeline.report().emitted == 5);
  CHECK(pipeline.report().in_flight == 5);
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
}

TEST_CASE("streams: an abort reaches one that waits for room", "[pipeline]") {
  const Watchdog watchdog("streams: an abort");
  const StageOptions narrow{.queue_items = 1};
  std::atomic<int> entered{0};
  const auto store = [block = blocks(entered)](WorkItem<int>& item, const std::stop_token& stop) {
    block(item, stop);
  };
  const bool coroutine = GENERATE(false, true);
  auto pipeline = coroutine ? numbers(10)
                                  .stream<int>("split", narrow,
                                               [](WorkItem<int>&, AsyncEmitter<int>& out,
                                                  const std::stop_token&) -> Awaitable<void> {
                                                 for (;;) co_await out.emit(1);
                                               })
                                  .stage("store", narrow, store)
                                  .build()
                            : numbers(10)
                                  .stream<int>("split", narrow,
                                               [](WorkItem<int>&, Emitter<int>& out, const std::stop_token&) {
                                                 for (;;) out.emit(1);
                                               })
                                  .stage("store", narrow, store)
                                  .build();
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  pipeline.start();
  wait_until([&] { return entered > 0; });
  pipeline.stop(StopMode::abort);
  CHECK(pipeline.wait_for(promised(2s)));
  CHECK_THROWS_AS(pipeline.wait(), Error);
}

TEST_CASE("builder: names that are reserved, empty or given twice are refused", "[pipeline]") {
  CHECK(message_of([] { static_cast<void>(numbers(1).stage("refill", {}, same)); }).find("refill") !=
        std::string::npos);
  CHECK(message_of([] { static_cast<void>(numbers(1).stage("io", {}, same)); }).find("io") !=
        std::string::npos);
  CHECK_FALSE(message_of([] { static_cast<void>(numbers(1).stage("", {}, same)); }).empty());
  CHECK(message_of([] {
          static_cast<void>(numbers(1).stage("a", {}, same).stage("a", {}, same));
        }).find("\"a\"") != std::string::npos);
  CHECK(message_of([] {
          static_cast<void>(numbers(1).stage("a", {.workers = 0}, same));
        }).find("stage \"a\".workers") != std::string::npos);
  CHECK(message_of([] {
          static_cast<void>(numbers(1).stage("a", {}, same).build({.idle_delay = 0ms}));
        }).find("idle_delay") != std::string::npos);
  CHECK(message_of([] { static_cast<void>(numbers(1).build()); }).find("no stages") != std::string::npos);
}

TEST_CASE("builder: a stream is not the last stage", "[pipeline]") {
  const auto split = [](WorkItem<int>&, Emitter<int>&, const std::stop_token&) {};
  CHECK(message_of([&] {
          static_cast<void>(numbers(1).stream<int>("split", {}, split).build());
        }).find("split") != std::string::npos);
}

TEST_CASE("report: the slowest stage is the one whose threads waited least", "[pipeline]") {
  PipelineReport report;
  CHECK(report.slowest_stage().empty());
  report.stages = {{.name = "idle", .workers = 64, .threads = 1, .waited_for_items = 1022ms},
                   {.name = "busy", .workers = 1, .threads = 1, .waited_for_items = 107ms},
                   {.name = "many", .workers = 4, .threads = 4, .waited_for_items = 800ms}};
  CHECK(report.slowest_stage() == "busy");
  report.stages[2].waited_for_items = 400ms;
  CHECK(report.slowest_stage() == "many");
}

TEST_CASE("options: each that makes no sense is refused by its name", "[pipeline]") {
  PipelineOptions options;
  std::string named;
  SECTION("name") {
    options.name = "";
    named = "name";
  }
  SECTION("fetch.workers") {
    options.fetch.workers = 0;
    named = "fetch.workers";
  }
  SECTION("process.queue_items") {
    options.process.queue_items = 0;
    named = "process.queue_items";
  }
  SECTION("store.retry.attempts") {
    options.store.retry.attempts = 0;
    named = "store.retry.attempts";
  }
  SECTION("fetch.retry.initial_delay") {
    options.fetch.retry.initial_delay = -1ms;
    named = "fetch.retry.initial_delay";
  }
  SECTION("fetch.retry.factor") {
    options.fetch.retry.factor = 0.5;
    named = "fetch.retry.factor";
  }
  SECTION("fetch.retry.maximum_delay") {
    options.fetch.retry.maximum_delay = 1ms;
    named = "fetch.retry.maximum_delay";
  }
  SECTION("fetch.retry.jitter") {
    options.fetch.retry.jitter = 1.5;
    named = "fetch.retry.jitter";
  }
  SECTION("refill_retry.attempts") {
    options.refill_retry.attempts = -1;
    named = "refill_retry.attempts";
  }
  SECTION("dead_letter missing") {
    options.on_failure = OnFailure::dead_letter;
    named = "dead_letter";
  }
  SECTION("dead_letter for nothing") {
    options.dead_letter = [](const PipelineResult&) {};
    named = "dead_letter";
  }
  SECTION("idle_delay") {
    options.idle_delay = 0ms;
    named = "idle_delay";
  }
  SECTION("stats_interval") {
    options.stats_interval = -1ms;
    named = "stats_interval";
  }
  CHECK(message_of([&] { const Numbers pipeline(1, options); }).find(named) != std::string::npos);
}

namespace {

struct Page {
  int number = 0;
  friend std::size_t byte_weight(const Page&) { return 1000; }
};

}  // namespace

TEST_CASE("options: a queue is bound by the bytes of payloads that say what they weigh", "[pipeline]") {
  const Watchdog watchdog("a queue is bound by bytes");
  std::atomic<int> entered{0};
  auto pipeline =
      numbers(100)
          .stage("read", {}, [](WorkItem<int>& item, const std::stop_token&) { return Page{*item}; })
          .stage("store", {.queue_bytes = ByteCount{5500}},
                 [block = blocks(entered)](WorkItem<Page>&, const std::stop_token& stop) {
                   WorkItem<int> none(0);
                   block(none, stop);
                 })
          .build();
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  pipeline.start();
  // One is in the hook; five fit, or four, since a writer that met the bound waits for half of the room.
  wait_until([&] { return entered == 1 && pipeline.report().stages[1].waiting >= 4; });
  CHECK(pipeline.report().stages[1].waiting <= 5);
  CHECK(pipeline.report().stages[0].completed <= 6);
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
}
