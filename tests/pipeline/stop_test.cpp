// Draining and aborting, in each stage.
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Gives numbers without end.
std::function<Refill<int>(std::size_t, const std::stop_token&)> endless() {
  return [next = 0](std::size_t room, const std::stop_token&) mutable {
    std::vector<int> items;
    while (items.size() < room) items.push_back(next++);
    return Refill<int>::items(std::move(items));
  };
}

void check_cancelled(Numbers& pipeline) {
  try {
    pipeline.wait();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::cancelled);
  }
}

}  // namespace

TEST_CASE("stop: a drain completes everything that is on its way", "[pipeline]") {
  const Watchdog watchdog("a drain completes");
  const std::string stage = GENERATE("fetch", "process", "store");
  std::atomic<bool> held{true};
  std::atomic<int> entered{0};
  Numbers pipeline(0);
  pipeline.on_refill = endless();
  pipeline.*hook_of(stage) = [&](WorkItem<int>& item, const std::stop_token&) {
    ++entered;
    wait_until([&] { return !held.load(); });
    return *item;
  };
  pipeline.start();
  wait_until([&] { return entered > 0; });
  pipeline.stop();
  CHECK(pipeline.is_running());
  held = false;
  const auto report = pipeline.wait();
  CHECK(report.in_flight == 0);
  CHECK(report.failed == 0);
  CHECK(report.completed == report.entered);
  CHECK(pipeline.sorted() == up_to(static_cast<int>(report.entered)));
}

TEST_CASE("stop: an abort reaches a hook in each stage", "[pipeline]") {
  const Watchdog watchdog("an abort reaches a hook");
  const std::string stage = GENERATE("fetch", "process", "store");
  std::atomic<int> entered{0};
  Numbers pipeline(0);
  pipeline.on_refill = endless();
  pipeline.*hook_of(stage) = blocks(entered);
  pipeline.start();
  wait_until([&] { return entered > 0; });
  SECTION("at once") {
    pipeline.stop(StopMode::abort);
  }
  SECTION("after a drain that does not end") {
    pipeline.stop(StopMode::drain);
    pipeline.stop(StopMode::abort);
  }
  CHECK(pipeline.wait_for(promised(1s)));
  check_cancelled(pipeline);
  CHECK(pipeline.report().in_flight > 0);
  CHECK(pipeline.report().failed == 0);
}

TEST_CASE("stop: it reaches refill, whether it waits, idles or retries", "[pipeline]") {
  const Watchdog watchdog("it reaches refill");
  const StopMode mode = GENERATE(StopMode::drain, StopMode::abort);
  std::atomic<int> calls{0};
  Numbers pipeline(0, {.refill_retry = {.attempts = 100, .initial_delay = 600s, .maximum_delay = 600s}});
  SECTION("it waits") {
    pipeline.on_refill = [&](std::size_t, const std::stop_token& stop) {
      ++calls;
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait(lock, stop, [] { return false; });
      return Refill<int>::done();
    };
  }
  SECTION("it idles") {
    pipeline.on_refill = [&](std::size_t, const std::stop_token&) {
      ++calls;
      return Refill<int>::idle(600s);
    };
  }
  SECTION("it retries") {
    pipeline.on_refill = [&](std::size_t, const std::stop_token&) -> Refill<int> {
      ++calls;
      throw std::runtime_error("again");
    };
  }
  pipeline.start();
  wait_until([&] { return calls > 0; });
  pipeline.stop(mode);
  CHECK(pipeline.wait_for(promised(5s)));
  CHECK(calls == 1);
  if (mode == StopMode::drain) {
    CHECK(pipeline.wait().completed == 0);
  } else {
    CHECK_FALSE(pipeline.is_running());
  }
}

TEST_CASE("stop: it ends the wait before another attempt", "[pipeline]") {
  const Watchdog watchdog("it ends the wait before another attempt");
  std::atomic<int> calls{0};
  Numbers pipeline(1, {.fetch = {.retry = {.attempts = 9, .initial_delay = 600s, .maximum_delay = 600s}}});
  pipeline.on_fetch = [&](WorkItem<int>&, const std::stop_token&) -> int {
    ++calls;
    throw std::runtime_error("again");
  };
  pipeline.start();
  wait_until([&] { return calls > 0; });
  pipeline.stop(StopMode::abort);
  CHECK(pipeline.wait_for(promised(5s)));
  check_cancelled(pipeline);
  CHECK(calls == 1);
}

TEST_CASE("stop: an abort keeps hooks from being called again", "[pipeline]") {
  const Watchdog watchdog("an abort keeps hooks");
  const StageOptions one{.workers = 1};
  Numbers pipeline(1000, {.fetch = one, .process = one, .store = one});
  const std::string stage = GENERATE("fetch", "process", "store");
  int calls = 0;
  pipeline.*hook_of(stage) = [&](WorkItem<int>& item, const std::stop_token&) {
    if (++calls == 10) pipeline.stop(StopMode::abort);
    return *item;
  };
  pipeline.start();
  check_cancelled(pipeline);
  CHECK(calls == 10);
}

TEST_CASE("stop: a drain reaches refill while there is no room, and loses nothing", "[pipeline]") {
  const Watchdog watchdog("a drain reaches refill while there is no room");
  std::atomic<bool> held{true};
  std::atomic<int> calls{0};
  const StageOptions narrow{.workers = 1, .queue_items = 2};
  Numbers pipeline(0, {.fetch = narrow, .process = narrow, .store = narrow});
  int surplus = 0;
  SECTION("it waits for room") {}
  SECTION("it gave more than there was room for") {
    surplus = 100;
  }
  int next = 0;
  pipeline.on_refill = [&](std::size_t room, const std::stop_token&) {
    ++calls;
    std::vector<int> items;
    for (std::size_t i = 0; i < room + static_cast<std::size_t>(surplus); ++i) items.push_back(next++);
    return Refill<int>::items(std::move(items));
  };
  pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) {
    wait_until([&] { return !held.load(); });
    return *item;
  };
  pipeline.start();
  // One is in the hook, and the queue is full.
  wait_until([&] { return pipeline.report().stages[0].waiting == 2; });
  pipeline.stop();
  const int before = calls;
  held = false;
  const auto report = pipeline.wait();
  CHECK(calls == before);
  CHECK(pipeline.stored() == up_to(next));
  CHECK(report.completed == report.entered);
}

TEST_CASE("stop: the caller's token aborts run()", "[pipeline]") {
  const Watchdog watchdog("the caller's token");
  std::stop_source stop;
  Numbers pipeline(0);
  pipeline.on_refill = endless();
  SECTION("while it runs") {
    pipeline.on_store = [&](WorkItem<int>& item, const std::stop_token&) {
      if (*item == 100) stop.request_stop();
      return *item;
    };
  }
  SECTION("before it") {
    stop.request_stop();
  }
  CHECK_THROWS_AS(pipeline.run(stop.get_token()), Error);
}

TEST_CASE("stop: what refill throws once it was asked to is no failure", "[pipeline]") {
  const Watchdog watchdog("what refill throws once it was asked to");
  std::atomic<bool> called{false};
  Numbers pipeline(0);
  pipeline.on_refill = [&](std::size_t, const std::stop_token& stop) -> Refill<int> {
    called = true;
    wait_until([&] { return stop.stop_requested(); });
    throw std::runtime_error("interrupted");
  };
  pipeline.start();
  wait_until([&] { return called.load(); });
  pipeline.stop();
  CHECK(pipeline.wait().completed == 0);
}

TEST_CASE("stop: an item's failure reaches a refill that waits", "[pipeline]") {
  const Watchdog watchdog("an item's failure reaches a refill that waits");
  Numbers pipeline(0);
  std::atomic<int> calls{0};
  pipeline.on_refill = [&](std::size_t, const std::stop_token& stop) {
    if (++calls == 1) return Refill<int>::items(std::vector<int>{7});
    wait_until([&] { return stop.stop_requested(); });
    return Refill<int>::done();
  };
  pipeline.on_store = [&](WorkItem<int>& item, const std::stop_token& stop) {
    wait_until([&] { return calls == 2; });
    return fails_on(7)(item, stop);
  };
  CHECK_THROWS_WITH(pipeline.run(), "bad item 7");
}

TEST_CASE("stop: nobody waits longer than wait_for says", "[pipeline]") {
  const Watchdog watchdog("nobody waits longer");
  std::atomic<int> entered{0};
  Numbers pipeline(1);
  pipeline.on_fetch = blocks(entered);
  pipeline.start();
  CHECK_FALSE(pipeline.wait_for(1ms));
  CHECK(pipeline.is_running());
  pipeline.stop(StopMode::abort);
  check_cancelled(pipeline);
  CHECK(pipeline.wait_for(0ms));
}

TEST_CASE("stop: what a hook throws once it was asked to is no failure", "[pipeline]") {
  const Watchdog watchdog("what a hook throws once it was asked to");
  std::atomic<int> entered{0};
  Numbers pipeline(100, {.on_failure = OnFailure::skip});
  pipeline.on_fetch = [&, block = blocks(entered)](WorkItem<int>& item, const std::stop_token& stop) -> int {
    try {
      return block(item, stop);
    } catch (const Stopped&) {
      throw std::runtime_error("interrupted");
    }
  };
  pipeline.start();
  wait_until([&] { return entered > 0; });
  pipeline.stop(StopMode::abort);
  check_cancelled(pipeline);
  CHECK(pipeline.report().failed == 0);
}

TEST_CASE("stop: destroying a pipeline aborts and joins", "[pipeline]") {
  const Watchdog watchdog("destroying a pipeline");
  std::atomic<int> entered{0};
  {
    Numbers pipeline(0);
    pipeline.on_refill = endless();
    pipeline.on_store = blocks(entered);
    pipeline.start();
    wait_until([&] { return entered > 0; });
  }
  CHECK(entered > 0);
}

TEST_CASE("stop: destroying a pipeline of the builder aborts and joins", "[pipeline]") {
  const Watchdog watchdog("destroying a pipeline of the builder");
  std::atomic<int> entered{0};
  std::atomic<int> ended{0};
  {
    auto pipeline =
        pipeline_of<int>(endless())
            .stage("store", {},
                   [&, block = blocks(entered)](WorkItem<int>& item, const std::stop_token& stop) {
                     try {
                       block(item, stop);
                     } catch (const Stopped&) {
                       ++ended;
                       throw;
                     }
                   })
            .build();
    const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
    pipeline.start();
    wait_until([&] { return entered > 0; });
  }
  CHECK(entered == 1);
  CHECK(ended == 1);
}

TEST_CASE("stop: Joined ends the hooks before the members of a subclass go", "[pipeline]") {
  const Watchdog watchdog("Joined");
  class Careless : public ETLPipeline<int, int, int> {
   public:
    Careless(std::atomic<bool>& alive, std::atomic<bool>& outlived) : alive_(alive), outlived_(outlived) {
      alive_ = true;
    }
    ~Careless() override { alive_ = false; }
    Refill<int> refill(std::size_t, const std::stop_token&) override {
      return Refill<int>::items(std::vector<int>{1});
    }
    int fetch(WorkItem<int>& item, const std::stop_token&) override {
      ++calls;
      if (!alive_) outlived_ = true;
      return *item;
    }
    int process(WorkItem<int>& item, const std::stop_token&) override { return *item; }
    void store(WorkItem<int>&, const std::stop_token&) override {}
    std::atomic<int> calls{0};

   private:
    std::atomic<bool>& alive_;
    std::atomic<bool>& outlived_;
  };
  std::atomic<bool> alive{false};
  std::atomic<bool> outlived{false};  // a hook was called after that
  {
    Joined<Careless> pipeline(alive, outlived);
    pipeline.start();
    wait_until([&] { return pipeline.calls > 10; });
  }
  CHECK_FALSE(alive);
  CHECK_FALSE(outlived);
}

TEST_CASE("wait: without a run before it is a mistake", "[pipeline]") {
  Numbers pipeline(1);
  CHECK_THROWS_AS(pipeline.wait(), std::logic_error);
  pipeline.stop();
  CHECK(pipeline.report().entered == 0);
}
