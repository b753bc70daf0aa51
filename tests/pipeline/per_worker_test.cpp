// Hooks that each worker has for itself, and what begins and ends with a worker or a run.
#include <optional>
#include <random>
#include <set>
#include <thread>

#include "numbers.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// What all hooks of a stage have done, and what they do. Thread-safe.
struct Diary {
  std::mutex mutex{};
  int made = 0;
  std::set<std::thread::id> threads{};
  int begun = 0;
  std::vector<WorkOutcome> ends{};
  std::vector<int> kept{};  // of workers that ended as done

  // Set before the pipeline runs; called with a worker's number or an item
  std::function<void(int)> on_begin{};
  std::function<void(int)> on_done{};
  std::function<void(int, const std::stop_token&)> on_item{};

  [[nodiscard]] int count(WorkOutcome outcome) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(std::count(ends.begin(), ends.end(), outcome));
  }
};

/// Keeps what it gets until its end, as a transaction would.
class Keeper {
 public:
  explicit Keeper(Diary& diary) : diary_(diary) {
    const std::lock_guard lock(diary_.mutex);
    number_ = diary_.made++;
  }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  void begin() {
    if (diary_.on_begin) diary_.on_begin(number_);
    const std::lock_guard lock(diary_.mutex);
    ++diary_.begun;
    diary_.threads.insert(std::this_thread::get_id());
  }
  void operator()(WorkItem<int>& item, const std::stop_token& stop) {
    if (diary_.on_item) diary_.on_item(*item, stop);
    held_.push_back(*item);
  }
  void end(WorkOutcome outcome) {
    {
      const std::lock_guard lock(diary_.mutex);
      diary_.ends.push_back(outcome);
    }
    if (outcome != WorkOutcome::done) return;
    if (diary_.on_done) diary_.on_done(number_);
    const std::lock_guard lock(diary_.mutex);
    diary_.kept.insert(diary_.kept.end(), held_.begin(), held_.end());
  }

 private:
  Diary& diary_;
  int number_ = 0;
  std::vector<int> held_;
};

auto keeper_numbers(int count) {
  return pipeline_of<int>([count, given = 0](std::size_t room, const std::stop_token&) mutable {
    std::vector<int> items;
    while (items.size() < room && given < count) items.push_back(given++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  });
}

Pipeline keeping(Diary& diary, int count, StageOptions options, PipelineOptions all = {}) {
  options.queue_items = 10;  // so that every worker gets some
  return keeper_numbers(count)
      .stage("keep", std::move(options), per_worker([&diary] { return Keeper(diary); }))
      .build(std::move(all));
}

void wait_for_begun(Diary& diary, int count) {
  wait_until([&] {
    const std::lock_guard lock(diary.mutex);
    return diary.begun == count;
  });
}

}  // namespace

TEST_CASE("per worker: each has a hook of its own, on its thread", "[pipeline]") {
  const Watchdog watchdog("hooks of workers");
  Diary diary;
  const auto report = keeping(diary, 1000, {.workers = 4}).run();
  CHECK(report.completed == 1000);
  CHECK(diary.made == 4);
  CHECK(diary.threads.size() == 4);
  CHECK(diary.count(WorkOutcome::done) == 4);
  std::sort(diary.kept.begin(), diary.kept.end());
  CHECK(diary.kept == up_to(1000));
}

TEST_CASE("per worker: what begin() or the factory throws ends the run", "[pipeline]") {
  const Watchdog watchdog("a worker that does not begin");
  Diary diary;
  const bool is_made = GENERATE(true, false);
  const auto refuse = [&](int number) {
    if (number != 0) return;
    if (is_made) wait_for_begun(diary, 2);
    throw std::runtime_error("no connection");
  };
  diary.on_begin = refuse;
  auto pipeline = keeper_numbers(1000000)
                      .stage("keep", {.workers = is_made ? 3U : 1U}, per_worker([&diary, &is_made] {
                               if (!is_made) throw std::runtime_error("no connection");
                               return Keeper(diary);
                             }))
                      .build();
  CHECK_THROWS_WITH(pipeline.run(), "no connection");
  CHECK(diary.ends.size() == (is_made ? 2 : 0));
  CHECK(diary.count(WorkOutcome::done) == 0);
}

TEST_CASE("per worker: an item that stops the run ends every worker once", "[pipeline]") {
  const Watchdog watchdog("workers end once");
  Diary diary;
  diary.on_item = [&](int item, const std::stop_token&) {
    if (item == 100) wait_for_begun(diary, 3);
    if (item == 100) throw std::runtime_error("bad item");
  };
  auto pipeline = keeping(diary, 1000000, {.commit = CommitPoint::worker, .workers = 3});
  CHECK_THROWS_WITH(pipeline.run(), "bad item");
  CHECK(diary.ends.size() == 3);
  CHECK(diary.count(WorkOutcome::failed) == 1);
  CHECK(diary.count(WorkOutcome::stopped) == 2);
  // Nothing was kept, so nothing is done.
  CHECK(diary.kept.empty());
  const auto report = pipeline.report();
  CHECK(report.completed == 0);
  CHECK(report.failed + report.in_flight == report.entered);
}

TEST_CASE("per worker: an end that fails ends the run, and its items have failed", "[pipeline]") {
  const Watchdog watchdog("a commit that fails");
  Diary diary;
  diary.on_done = [](int number) {
    if (number == 1) throw std::runtime_error("no commit");
  };
  auto pipeline = keeping(diary, 1000, {.commit = CommitPoint::worker, .workers = 2});
  CHECK_THROWS_WITH(pipeline.run(), "no commit");
  CHECK(diary.ends.size() == 2);
  CHECK(pipeline.report().completed == diary.kept.size());
  CHECK(pipeline.report().failed == 1000 - diary.kept.size());
}

TEST_CASE("per worker: in one transaction of the run no worker commits before all can", "[pipeline]") {
  const Watchdog watchdog("a commit of a run");
  Diary diary;
  std::optional<Pipeline> pipeline;
  const bool fails = GENERATE(false, true);
  bool ended_early = false;
  // The last item at work gives the other workers, which have nothing to do any more, time to end.
  diary.on_item = [&](int item, const std::stop_token&) {
    if (item != 500) return;
    wait_until([&] { return pipeline->report().completed == 999; });
    const auto limit = std::chrono::steady_clock::now() + 50ms;
    wait_until([&] {
      const std::lock_guard lock(diary.mutex);
      ended_early = !diary.ends.empty();
      return ended_early || std::chrono::steady_clock::now() > limit;
    });
    if (fails) throw std::runtime_error("bad item");
  };
  pipeline.emplace(keeping(diary, 1000, {.commit = CommitPoint::run, .workers = 4}));
  if (fails) {
    CHECK_THROWS_WITH(pipeline->run(), "bad item");
    CHECK(diary.kept.empty());
    CHECK(pipeline->report().completed == 0);
  } else {
    CHECK(pipeline->run().completed == 1000);
    CHECK(diary.count(WorkOutcome::done) == 4);
  }
  CHECK_FALSE(ended_early);
}

TEST_CASE("per worker: nothing of a run is kept that fails", "[pipeline]") {
  const Watchdog watchdog("a run that is rolled back");
  Diary diary;
  int refills = 0;
  const auto why = GENERATE(0, 1, 2);
  PipelineOptions options;
  if (why == 2) {
    options.on_result = [](const PipelineResult&) { throw std::runtime_error("bad callback"); };
  }
  auto pipeline = pipeline_of<int>([&](std::size_t, const std::stop_token&) {
                    if (++refills == 1) return Refill<int>::items(up_to(100));
                    if (why == 0) throw std::runtime_error("no more");
                    return Refill<int>::done();
                  })
                      .stage("keep", {.commit = CommitPoint::run, .workers = 3},
                             per_worker([&diary] { return Keeper(diary); }))
                      .build(std::move(options));
  if (why == 1) {
    diary.on_item = [](int item, const std::stop_token&) {
      if (item == 99) throw std::runtime_error("bad item");
    };
  }
  CHECK_THROWS_WITH(pipeline.run(), why == 0 ? "no more" : why == 1 ? "bad item" : "bad callback");
  CHECK(diary.ends.size() == 3);
  CHECK(diary.count(WorkOutcome::done) == 0);
  CHECK(pipeline.report().completed == 0);
}

TEST_CASE("per worker: a begin or an end that takes itself for stopped has failed", "[pipeline]") {
  const Watchdog watchdog("stops that nobody asked for");
  Diary diary;
  const bool at_end = GENERATE(false, true);
  (at_end ? diary.on_done : diary.on_begin) = [](int) { throw Stopped{}; };
  auto pipeline = keeping(diary, 3, {.commit = CommitPoint::worker});
  try {
    pipeline.run();
    FAIL("it has not failed");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::transform);
  }
  CHECK(pipeline.report().completed == 0);
}

TEST_CASE("per worker: an abort lets all workers of a run's transaction commit, or none", "[pipeline]") {
  const Watchdog watchdog("aborts around a commit");
  const RandomRun runs(300);
  std::minstd_rand random(runs.seed());
  for (std::size_t run = 0; run < runs.rounds(); ++run) {
    Diary diary;
    std::atomic<int> done{0};
    diary.on_item = [&](int, const std::stop_token&) { ++done; };
    auto pipeline = keeping(diary, 40, {.commit = CommitPoint::run, .workers = 4});
    pipeline.start();
    const int moment = std::uniform_int_distribution<int>(30, 40)(random);
    wait_until([&] { return done >= moment; });
    pipeline.stop(StopMode::abort);
    try {
      pipeline.wait();
    } catch (const Error&) {
    }
    const int committed = diary.count(WorkOutcome::done);
    REQUIRE((committed == 0 || committed == 4));
  }
}

TEST_CASE("per worker: who comes to a meeting that another one has left does not go on", "[pipeline]") {
  leat::detail::Meeting meeting(2);
  std::stop_source stopped;
  stopped.request_stop();
  CHECK_THROWS_AS(static_cast<void>(meeting.wait_for_all(stopped.get_token(), [] { return false; })),
                  Stopped);
  CHECK_THROWS_AS(static_cast<void>(meeting.wait_for_all({}, [] { return false; })), Stopped);
}

TEST_CASE("per worker: begin() may take the stop token", "[pipeline]") {
  const Watchdog watchdog("a begin that is stopped");
  struct Connecting {
    std::atomic<int>& begun;
    void begin(const std::stop_token& stop) {
      ++begun;
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait(lock, stop, [] { return false; });
      throw Stopped{};
    }
    void operator()(WorkItem<int>&, const std::stop_token&) {}
  };
  std::atomic<int> begun{0};
  auto pipeline =
      keeper_numbers(10).stage("store", {}, per_worker([&begun] { return Connecting{begun}; })).build();
  pipeline.start();
  wait_until([&] { return begun == 1; });
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
}

TEST_CASE("per worker: a stop is told", "[pipeline]") {
  const Watchdog watchdog("workers that are stopped");
  Diary diary;
  diary.on_item = [](int, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    throw Stopped{};
  };
  auto pipeline = keeping(diary, 1000, {.workers = 3});
  pipeline.start();
  wait_for_begun(diary, 3);
  pipeline.stop(StopMode::abort);
  CHECK_THROWS_AS(pipeline.wait(), Error);
  CHECK(diary.count(WorkOutcome::stopped) == 3);
}

TEST_CASE("per worker: a commit that nobody makes is refused", "[pipeline]") {
  const auto plain = [](WorkItem<int>& item, const std::stop_token&) { return *item; };
  CHECK_THROWS_WITH(
      static_cast<void>(keeper_numbers(1).stage("keep", {.commit = CommitPoint::worker}, plain)),
      "stage \"keep\".commit needs a hook of each worker that has end(WorkOutcome)");
  struct Passing {
    int operator()(WorkItem<int>& item, const std::stop_token&) { return *item; }
    void end(WorkOutcome) {}
  };
  auto chain = keeper_numbers(1)
                   .stage("pass", {.commit = CommitPoint::run}, per_worker([] { return Passing(); }))
                   .stage("keep", {}, plain);
  CHECK_THROWS_WITH(static_cast<void>(std::move(chain).build()),
                    "stage \"pass\".commit: only that of the last stage can be worker or run");
}

TEST_CASE("per worker: a run begins before its threads and ends after them", "[pipeline]") {
  const Watchdog watchdog("the begin and the end of a run");
  std::vector<std::string> events;
  Numbers::Hook on_store;
  PipelineOptions options;
  options.begin_run = [&](const std::stop_token&) { events.emplace_back("begin"); };
  options.end_run = [&](WorkOutcome outcome) {
    events.emplace_back(outcome == WorkOutcome::done     ? "done"
                        : outcome == WorkOutcome::failed ? "failed"
                                                         : "stopped");
  };
  options.on_end = [&](const PipelineReport&) { events.emplace_back("on_end"); };
  SECTION("done") {
    Numbers pipeline(10, std::move(options));
    pipeline.run();
    CHECK(events == std::vector<std::string>{"begin", "done", "on_end"});
    pipeline.again();
    pipeline.run();
    CHECK(events.size() == 6);
  }
  SECTION("failed") {
    Numbers pipeline(10, std::move(options));
    pipeline.on_store = fails_on(5);
    CHECK_THROWS_WITH(pipeline.run(), "bad item 5");
    CHECK(events == std::vector<std::string>{"begin", "failed", "on_end"});
  }
  SECTION("stopped") {
    Numbers pipeline(10, std::move(options));
    std::atomic<int> entered{0};
    pipeline.on_store = blocks(entered);
    pipeline.start();
    wait_until([&] { return entered > 0; });
    pipeline.stop(StopMode::abort);
    CHECK_THROWS_AS(pipeline.wait(), Error);
    CHECK(events == std::vector<std::string>{"begin", "stopped", "on_end"});
  }
  SECTION("it does not begin") {
    options.begin_run = [](const std::stop_token&) { throw std::runtime_error("no transaction"); };
    Numbers pipeline(10, std::move(options));
    CHECK_THROWS_WITH(pipeline.run(), "no transaction");
    CHECK_FALSE(pipeline.is_running());
    CHECK(events.empty());
    CHECK(pipeline.stored().empty());
  }
  SECTION("it is asked and stopped while it begins") {
    Pipeline* running = nullptr;
    options.begin_run = [&](const std::stop_token& stop) {
      CHECK(running->is_running());
      CHECK(running->report().entered == 0);
      running->stop(StopMode::abort);
      CHECK(stop.stop_requested());
      throw Stopped{};
    };
    auto pipeline = keeper_numbers(10)
                        .stage("store", {}, [](WorkItem<int>&, const std::stop_token&) {})
                        .build(std::move(options));
    running = &pipeline;
    try {
      pipeline.run();
      FAIL("it ran");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::cancelled);
    }
    CHECK_FALSE(pipeline.is_running());
    CHECK(events.empty());
  }
  SECTION("its end fails") {
    options.end_run = [](WorkOutcome) { throw std::runtime_error("no commit"); };
    Numbers pipeline(10, std::move(options));
    CHECK_THROWS_WITH(pipeline.run(), "no commit");
  }
}

namespace {

/// A pipeline whose store has a hook of each worker.
class Kept : public ETLPipeline<int, int, int, PerWorker<Keeper>> {
 public:
  explicit Kept(PipelineOptions options) : ETLPipeline(std::move(options)) {}

  Refill<int> refill(std::size_t, const std::stop_token&) override {
    return std::exchange(given_, true) ? Refill<int>::done() : Refill<int>::items(up_to(100));
  }
  int fetch(WorkItem<int>& item, const std::stop_token&) override { return *item; }
  int process(WorkItem<int>& item, const std::stop_token&) override { return *item; }
  Keeper make_store() override { return Keeper(diary); }
  void begin_run(const std::stop_token&) override { events.emplace_back("begin"); }
  void end_run(WorkOutcome outcome) override {
    events.emplace_back(outcome == WorkOutcome::done ? "done" : "else");
  }

  Diary diary;
  std::vector<std::string> events;

 private:
  bool given_ = false;
};

}  // namespace

TEST_CASE("per worker: of an ETLPipeline", "[pipeline]") {
  const Watchdog watchdog("hooks of an ETLPipeline's workers");
  Kept pipeline({.store = {.commit = CommitPoint::run, .workers = 3}});
  CHECK(pipeline.run().completed == 100);
  CHECK(pipeline.diary.count(WorkOutcome::done) == 3);
  CHECK(pipeline.diary.kept.size() == 100);
  CHECK(pipeline.events == std::vector<std::string>{"begin", "done"});
}
