// Stages that are coroutines.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "leat/pipeline/async.hpp"
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;
namespace asio = boost::asio;

namespace {

Awaitable<void> sleep_for(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

/// Fetches and stores by coroutines.
class Async3 : public ETLPipeline<int, Async<int>, int, Async<int>> {
 public:
  using Hook = std::function<Awaitable<int>(WorkItem<int>&, const std::stop_token&)>;

  explicit Async3(int count, PipelineOptions options = {}) : ETLPipeline(std::move(options)), count_(count) {}
  ~Async3() override { shut_down(); }

  Refill<int> refill(std::size_t room, const std::stop_token&) override {
    std::vector<int> items;
    while (items.size() < room && given_ < count_) items.push_back(given_++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  }
  Awaitable<int> fetch(WorkItem<int>& item, const std::stop_token& stop) override {
    if (on_fetch) co_return co_await on_fetch(item, stop);
    co_return *item;
  }
  int process(WorkItem<int>& item, const std::stop_token&) override { return *item; }
  Awaitable<int> store(WorkItem<int>& item, const std::stop_token& stop) override {
    const int value = on_store ? co_await on_store(item, stop) : *item;
    stored.push_back(value);  // the coroutines of a stage run one at a time
    co_return value;
  }

  Hook on_fetch;
  Hook on_store;
  std::vector<int> stored;

 private:
  int count_;
  int given_ = 0;
  Watchdog::Release release_{[this] { stop(StopMode::abort); }};
};

StageOptions at_once(std::size_t coroutines) {
  return {.workers = coroutines, .queue_items = 100};
}

}  // namespace

TEST_CASE("coroutines: every item passes, and no more than `workers` are on their way", "[pipeline]") {
  const Watchdog watchdog("coroutines: every item passes");
  const std::size_t most = GENERATE(as<std::size_t>(), 1, 3, 50);
  Async3 pipeline(200, {.fetch = at_once(most), .store = at_once(2), .tracking = Tracking::on});
  std::size_t running = 0;
  std::size_t most_running = 0;
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
    most_running = std::max(most_running, ++running);
    co_await sleep_for(1ms);
    --running;
    co_return *item;
  };
  const auto report = pipeline.run();
  CHECK(report.completed == 200);
  std::sort(pipeline.stored.begin(), pipeline.stored.end());
  CHECK(pipeline.stored == up_to(200));
  CHECK(most_running <= most);
  CHECK((most == 1 || most_running > 1));
  CHECK(report.stages[0].p50 >= 1ms);
}

TEST_CASE("coroutines: errors are retried, skipped and thrown as a blocking hook's are", "[pipeline]") {
  const Watchdog watchdog("coroutines: errors");
  StageOptions fetch = at_once(10);
  const auto fails = [](int until) {
    return [until](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
      co_await sleep_for(0ms);
      if (*item == 7 && item.attempt() <= until) throw std::runtime_error("bad item 7");
      co_return *item;
    };
  };
  SECTION("retried") {
    fetch.retry = {.attempts = 3, .initial_delay = 1ms};
    Async3 pipeline(20, {.fetch = fetch});
    pipeline.on_fetch = fails(2);
    const auto report = pipeline.run();
    CHECK(report.completed == 20);
    CHECK(report.stages[0].retried == 2);
  }
  SECTION("skipped") {
    Async3 pipeline(20, {.fetch = fetch, .on_failure = OnFailure::skip, .keep_results = KeepResults::yes});
    pipeline.on_fetch = fails(9);
    const auto report = pipeline.run();
    CHECK(report.completed == 19);
    CHECK(report.failed == 1);
    CHECK(pipeline.results().size() == 20);
  }
  SECTION("not retried, where that is not worth it") {
    fetch.retry = {.attempts = 3, .initial_delay = 0ms};
    Async3 pipeline(1, {.fetch = fetch, .on_failure = OnFailure::skip});
    pipeline.on_fetch = [](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
      if (*item == 0) throw Error(ErrorKind::source, "division by zero", {.sqlstate = "22012"});
      co_return *item;
    };
    const auto report = pipeline.run();
    CHECK(report.failed == 1);
    CHECK(report.stages[0].retried == 0);
  }
  SECTION("ended as stopped, although nobody asked it to") {
    Async3 pipeline(20, {.fetch = fetch, .on_failure = OnFailure::skip, .keep_results = KeepResults::yes});
    pipeline.on_fetch = [](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
      if (*item == 7) throw Stopped{};
      co_return *item;
    };
    CHECK(pipeline.run().failed == 1);
    for (const auto& result : pipeline.results()) {
      if (!result.success) CHECK_THROWS_AS(std::rethrow_exception(result.error), Error);
    }
  }
  SECTION("thrown") {
    Async3 pipeline(20, {.fetch = fetch});
    pipeline.on_fetch = fails(9);
    CHECK_THROWS_WITH(pipeline.run(), "bad item 7");
  }
  SECTION("thrown by the last stage") {
    Async3 pipeline(20, {.fetch = fetch});
    pipeline.on_store = fails(9);
    CHECK_THROWS_WITH(pipeline.run(), "bad item 7");
  }
}

TEST_CASE("coroutines: one is on its way until what it brought was handed on", "[pipeline]") {
  const Watchdog watchdog("coroutines: one is on its way");
  std::atomic<int> started{0};
  std::atomic<int> most_ahead{0};
  const StageOptions narrow{.workers = 1, .queue_items = 1};
  const auto last = [&](WorkItem<int>& item, const std::stop_token&) {
    const int ahead = started - *item;
    if (ahead > most_ahead) most_ahead = ahead;
    std::this_thread::yield();
  };
  auto pipeline = pipeline_of<int>([](std::size_t, const std::stop_token&) {
                    std::vector<WorkItem<int>> all;
                    for (const int number : up_to(500)) all.emplace_back(number);
                    return Refill<int>::done(std::move(all));
                  })
                      .stage("fetch", at_once(3),
                             [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
                               ++started;
                               co_return *item;
                             })
                      .stage("store", narrow, last)
                      .build();
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  CHECK(pipeline.run().completed == 500);
  // Three on their way, one in the queue, one in the hook, and one on its way between the two.
  CHECK(most_ahead <= 6);
}

TEST_CASE("coroutines: an abort cancels what they wait for", "[pipeline]") {
  const Watchdog watchdog("coroutines: an abort");
  std::atomic<int> waiting{0};
  std::atomic<int> ended{0};
  struct Count {
    std::atomic<int>& ended;
    ~Count() { ++ended; }
  };
  SECTION("a timer") {
    Async3 pipeline(100, {.fetch = at_once(10)});
    pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
      const Count count{ended};
      ++waiting;
      co_await sleep_for(600s);
      co_return *item;
    };
    pipeline.start();
    wait_until([&] { return waiting == 10; });
    pipeline.stop(StopMode::abort);
    CHECK(pipeline.wait_for(promised(1s)));
    CHECK_THROWS_AS(pipeline.wait(), Error);
    CHECK(ended == 10);
    CHECK(pipeline.report().failed == 0);
  }
  SECTION("a socket") {
    asio::io_context listening;
    asio::ip::tcp::acceptor silent(listening, {asio::ip::address_v4::loopback(), 0});
    Async3 pipeline(5, {.fetch = at_once(5)});
    pipeline.on_fetch = [&](WorkItem<int>&, const std::stop_token&) -> Awaitable<int> {
      const Count count{ended};
      asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
      co_await socket.async_connect(silent.local_endpoint(), asio::use_awaitable);
      ++waiting;
      char byte = 0;
      co_await socket.async_read_some(asio::buffer(&byte, 1), asio::use_awaitable);
      co_return byte;
    };
    pipeline.start();
    wait_until([&] { return waiting == 5; });
    pipeline.stop(StopMode::abort);
    CHECK(pipeline.wait_for(promised(1s)));
    CHECK_THROWS_AS(pipeline.wait(), Error);
    CHECK(ended == 5);
  }
  SECTION("one that does not care is given up, and destroyed with the pipeline") {
    {
      // With one at once a thread waits for its end to start another, with two it waits for the last one's.
      Async3 pipeline(1, {.fetch = at_once(GENERATE(as<std::size_t>(), 1, 2))});
      pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
        const Count count{ended};
        ++waiting;
        for (;;) {
          try {
            co_await asio::this_coro::throw_if_cancelled(false);
            co_await sleep_for(100ms);
          } catch (const std::exception&) {
          }
        }
        co_return *item;
      };
      pipeline.start();
      wait_until([&] { return waiting == 1 && pipeline.report().refills == 2; });
      pipeline.stop(StopMode::abort);
      CHECK(pipeline.wait_for(promised(2s)));
    }
    CHECK(ended == 1);
  }
}

TEST_CASE("coroutines: a drain completes what waits", "[pipeline]") {
  const Watchdog watchdog("coroutines: a drain");
  std::atomic<int> waiting{0};
  Async3 pipeline(1000000, {.fetch = at_once(10)});
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
    ++waiting;
    co_await sleep_for(5ms);
    co_return *item;
  };
  pipeline.start();
  wait_until([&] { return waiting > 10; });
  pipeline.stop();
  const auto report = pipeline.wait();
  CHECK(report.completed == report.entered);
  CHECK(report.completed < 1000000);
  CHECK(report.in_flight == 0);
}

TEST_CASE("coroutines: they run on the embedder's io_context where there is one", "[pipeline]") {
  const Watchdog watchdog("the embedder's io_context");
  asio::io_context context;
  auto guard = asio::make_work_guard(context);
  std::vector<std::jthread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { context.run(); });
  Async3 pipeline(100, {.fetch = at_once(10), .io = &context});
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
    co_await sleep_for(1ms);
    const auto me = std::this_thread::get_id();
    if (me != threads[0].get_id() && me != threads[1].get_id()) ++wrong;
    co_return *item;
  };
  SECTION("to the end") {
    CHECK(pipeline.run().completed == 100);
  }
  SECTION("where one that does not care is waited for") {
    std::atomic<bool> waiting{false};
    std::atomic<bool> held{true};
    pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
      co_await asio::this_coro::throw_if_cancelled(false);
      waiting = true;
      while (held) {
        try {
          co_await sleep_for(1ms);
        } catch (const std::exception&) {
        }
      }
      co_return *item;
    };
    pipeline.start();
    wait_until([&] { return waiting.load(); });
    pipeline.stop(StopMode::abort);
    CHECK_FALSE(pipeline.wait_for(700ms));
    held = false;
    CHECK_THROWS_AS(pipeline.wait(), Error);
  }
  SECTION("and are gone after an abort") {
    std::atomic<int> waiting{0};
    pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<int> {
      ++waiting;
      co_await sleep_for(600s);
      co_return *item;
    };
    pipeline.start();
    wait_until([&] { return waiting == 10; });
    pipeline.stop(StopMode::abort);
    CHECK(pipeline.wait_for(promised(1s)));
    CHECK_THROWS_AS(pipeline.wait(), Error);
  }
  CHECK(wrong == 0);
  guard.reset();
}

TEST_CASE("coroutines: an abort ends the pause before another attempt, and there is none", "[pipeline]") {
  const Watchdog watchdog("coroutines: an abort ends the pause");
  std::atomic<int> calls{0};
  const auto fails = []() -> Awaitable<void> {
    throw std::runtime_error("again");
    co_return;
  };
  auto pipeline =
      pipeline_of<int>([](std::size_t, const std::stop_token&) {
        std::vector<WorkItem<int>> last;
        last.emplace_back(1);
        return Refill<int>::done(std::move(last));
      })
          .stage("fetch", {.retry = {.attempts = 9, .initial_delay = 600s, .maximum_delay = 600s}},
                 [&](WorkItem<int>&, const std::stop_token&) {
                   ++calls;
                   return fails();
                 })
          .build();
  const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
  pipeline.start();
  wait_until([&] { return pipeline.report().stages[0].retried == 1; });
  pipeline.stop(StopMode::abort);
  CHECK(pipeline.wait_for(promised(5s)));
  CHECK_THROWS_AS(pipeline.wait(), Error);
  CHECK(calls == 1);
}

TEST_CASE("coroutines: an abort ends emit() where a stream does not care to be cancelled", "[pipeline]") {
  const Watchdog watchdog("coroutines: an abort ends emit()");
  asio::io_context context;
  auto guard = asio::make_work_guard(context);
  const std::jthread thread([&] { context.run(); });
  const StageOptions narrow{.queue_items = 1};
  std::atomic<int> entered{0};
  std::atomic<bool> ended{false};
  {
    auto pipeline = pipeline_of<int>([](std::size_t, const std::stop_token&) {
                      std::vector<WorkItem<int>> last;
                      last.emplace_back(1);
                      return Refill<int>::done(std::move(last));
                    })
                        .stream<int>("split", narrow,
                                     [&](WorkItem<int>&, AsyncEmitter<int>& out,
                                         const std::stop_token&) -> Awaitable<void> {
                                       co_await asio::this_coro::throw_if_cancelled(false);
                                       try {
                                         for (;;) co_await out.emit(1);
                                       } catch (const Stopped&) {
                                         ended = true;
                                       }
                                     })
                        .stage("store", narrow,
                               [block = blocks(entered)](WorkItem<int>& item, const std::stop_token& stop) {
                                 block(item, stop);
                               })
                        .build({.io = &context});
    const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
    pipeline.start();
    wait_until([&] { return entered > 0; });
    pipeline.stop(StopMode::abort);
    CHECK(pipeline.wait_for(promised(5s)));
    CHECK_THROWS_AS(pipeline.wait(), Error);
  }
  CHECK(ended);
  guard.reset();
}
