// Items that fail, hooks that throw, and callbacks that do.
#include "leat/core/run_failure.hpp"
#include "leat/pipeline/async.hpp"
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("ETLPipeline: a failed item stops the pipeline, and its error is what run() throws", "[pipeline]") {
  const Watchdog watchdog("a failed item stops the pipeline");
  const std::string stage = GENERATE("fetch", "process", "store");
  Numbers pipeline(100000);
  pipeline.*hook_of(stage) = fails_on(50);
  CHECK_THROWS_WITH(pipeline.run(), "bad item 50");
  CHECK(pipeline.stored().size() < 100000);
  CHECK_FALSE(pipeline.is_running());
  CHECK(pipeline.report().failed == 1);
}

TEST_CASE("ETLPipeline: a failed item is skipped", "[pipeline]") {
  const Watchdog watchdog("a failed item is skipped");
  const std::string stage = GENERATE("fetch", "process", "store");
  Numbers pipeline(100, {.on_failure = OnFailure::skip, .keep_results = KeepResults::yes});
  pipeline.*hook_of(stage) = fails_on(50);
  const auto report = pipeline.run();
  CHECK(report.completed == 99);
  CHECK(report.failed == 1);
  CHECK(report.in_flight == 0);
  CHECK(pipeline.stored().size() == 99);
  int failed = 0;
  for (const auto& result : pipeline.results()) {
    if (result.success) continue;
    ++failed;
    CHECK(result.stage == stage);
    CHECK(result.message == "bad item 50");
    CHECK_THROWS_AS(std::rethrow_exception(result.error), std::runtime_error);
  }
  CHECK(failed == 1);
}

TEST_CASE("ETLPipeline: a failed item is logged once, with its stage, id and attempts", "[pipeline]") {
  const Watchdog watchdog("a failed item is logged once");
  std::vector<std::string> lines;
  PipelineOptions options{.name = "nightly",
                          .store = {.retry = {.attempts = 2, .initial_delay = 0ms}},
                          .on_failure = OnFailure::skip};
  options.log = Logger(LogLevel::warning, [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  Numbers pipeline(0, std::move(options));
  pipeline.on_refill = [](std::size_t, const std::stop_token&) {
    std::vector<WorkItem<int>> last;
    last.emplace_back("one", 1);
    last.emplace_back("two", 2);
    return Refill<int>::done(std::move(last));
  };
  pipeline.on_store = fails_on(2);
  pipeline.run();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "pipeline nightly: item two failed in stage store after attempts: 4: bad item 2");
}

TEST_CASE("ETLPipeline: a dead letter has the server's DETAIL, and what the item has with it", "[pipeline]") {
  const Watchdog watchdog("a dead letter has the server's DETAIL");
  std::vector<PipelineResult> dead;
  const auto refill = [given = false](std::size_t, const std::stop_token&) mutable {
    std::vector<WorkItem<int>> items;
    if (!given) items.emplace_back("seven", 7, Metadata{{"value", "7"}});
    given = true;
    return Refill<int>::done(std::move(items));
  };
  const auto store = [](WorkItem<int>&, const std::stop_token&) {
    throw Error(ErrorKind::target, "duplicate key",
                {.sqlstate = "23505", .detail = "Key (id)=(7) already exists."});
  };
  PipelineOptions options{.on_failure = OnFailure::dead_letter,
                          .dead_letter = [&](const PipelineResult& result) { dead.push_back(result); }};
  pipeline_of<int>(refill).stage("store", {}, store).build(std::move(options)).run();
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].message == "duplicate key: Key (id)=(7) already exists.");
  CHECK(dead[0].id == "seven");
  CHECK(dead[0].metadata.at("value") == "7");
}

TEST_CASE("ETLPipeline: a failed item goes to the dead letters, after its attempts", "[pipeline]") {
  const Watchdog watchdog("a failed item goes to the dead letters");
  std::vector<PipelineResult> dead;
  std::vector<std::string> told;
  PipelineOptions options{.store = {.retry = {.attempts = 3, .initial_delay = 1ms}}};
  options.on_failure = OnFailure::dead_letter;
  options.dead_letter = [&](const PipelineResult& result) { dead.push_back(result); };
  options.on_result = [&](const PipelineResult& result) {
    if (result.success) return;
    REQUIRE(dead.size() == 1);  // dead_letter comes first
    told.push_back(result.id);
  };
  options.tracking = GENERATE(Tracking::off, Tracking::on);
  Numbers pipeline(100, std::move(options));
  pipeline.on_store = fails_on(50);
  const auto report = pipeline.run();
  CHECK(report.completed == 99);
  CHECK(report.stages[2].retried == 2);
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].message == "bad item 50");
  CHECK(dead[0].stage == "store");
  CHECK_FALSE(dead[0].success);
  CHECK(dead[0].attempts == 5);
  CHECK(told == std::vector<std::string>{dead[0].id});
  CHECK(pipeline.results().empty());
}

TEST_CASE("ETLPipeline: what fails once succeeds at the next attempt", "[pipeline]") {
  const Watchdog watchdog("what fails once");
  const std::string stage = GENERATE("fetch", "process", "store");
  const StageOptions patient{.retry = {.attempts = 2, .initial_delay = 0ms}, .workers = 2};
  Numbers pipeline(100, {.fetch = patient, .process = patient, .store = patient});
  pipeline.*hook_of(stage) = [](WorkItem<int>& item, const std::stop_token&) {
    if (item.attempt() == 1 && *item % 10 == 0) throw std::runtime_error("once");
    return *item;
  };
  const auto report = pipeline.run();
  CHECK(report.completed == 100);
  CHECK(report.failed == 0);
  std::uint64_t retried = 0;
  for (const auto& counted : report.stages) retried += counted.retried;
  CHECK(retried == 10);
  CHECK(pipeline.sorted() == up_to(100));
}

TEST_CASE("ETLPipeline: an error that is not worth it is not tried again", "[pipeline]") {
  const Watchdog watchdog("an error that is not worth it");
  RetryPolicy policy{.attempts = 5, .initial_delay = 0ms};
  std::atomic<int> calls{0};
  Numbers pipeline(1, {.fetch = {.retry = policy}, .on_failure = OnFailure::skip});
  pipeline.on_fetch = [&](WorkItem<int>&, const std::stop_token&) -> int {
    ++calls;
    throw Error(ErrorKind::source, "division by zero", {.sqlstate = "22012"});
  };
  CHECK(pipeline.run().failed == 1);
  CHECK(calls == 1);
}

TEST_CASE("ETLPipeline: a hook is called as often as its policy says, with a pause between", "[pipeline]") {
  const Watchdog watchdog("as often as its policy says");
  const RetryPolicy policy{.attempts = 3, .initial_delay = 5ms, .factor = 1, .jitter = 0};
  std::vector<int> attempts;
  std::vector<std::chrono::steady_clock::time_point> calls;
  const auto fails = [&](int attempt) {
    attempts.push_back(attempt);
    calls.push_back(std::chrono::steady_clock::now());
    throw std::runtime_error("never");
  };
  SECTION("a blocking hook") {
    Numbers pipeline(1, {.fetch = {.retry = policy}, .on_failure = OnFailure::skip});
    pipeline.on_fetch = [&](WorkItem<int>& item, const std::stop_token&) -> int {
      fails(item.attempt());
      return 0;
    };
    CHECK(pipeline.run().stages[0].retried == 2);
  }
  SECTION("a coroutine") {
    auto pipeline = pipeline_of<int>([](std::size_t, const std::stop_token&) {
                      std::vector<WorkItem<int>> last;
                      last.emplace_back(1);
                      return Refill<int>::done(std::move(last));
                    })
                        .stage("fetch", {.retry = policy},
                               [&](WorkItem<int>& item, const std::stop_token&) -> Awaitable<void> {
                                 fails(item.attempt());
                                 co_return;
                               })
                        .build({.on_failure = OnFailure::skip});
    const Watchdog::Release release([&pipeline] { pipeline.stop(StopMode::abort); });
    CHECK(pipeline.run().stages[0].retried == 2);
  }
  SECTION("refill") {
    Numbers pipeline(0, {.refill_retry = policy});
    pipeline.on_refill = [&](std::size_t, const std::stop_token&) -> Refill<int> {
      fails(static_cast<int>(attempts.size()) + 1);
      return Refill<int>::done();
    };
    CHECK_THROWS_WITH(pipeline.run(), "never");
    CHECK(pipeline.report().refills == 3);
  }
  CHECK(attempts == std::vector<int>{1, 2, 3});
  REQUIRE(calls.size() == 3);
  CHECK(calls[1] - calls[0] >= 5ms);
  CHECK(calls[2] - calls[1] >= 5ms);
}

TEST_CASE("ETLPipeline: a refill that fails once is asked again", "[pipeline]") {
  const Watchdog watchdog("a refill that fails once");
  Numbers pipeline(0, {.refill_retry = {.attempts = 2, .initial_delay = 0ms}});
  int calls = 0;
  pipeline.on_refill = [&](std::size_t, const std::stop_token&) -> Refill<int> {
    if (++calls % 2 == 1) throw std::runtime_error("once");
    return calls < 6 ? Refill<int>::items(std::vector<int>{calls}) : Refill<int>::done();
  };
  const auto report = pipeline.run();
  CHECK(pipeline.sorted() == std::vector<int>{2, 4});
  CHECK(report.refills == 6);
  CHECK(report.failed == 0);
}

TEST_CASE("ETLPipeline: a duplicate neither stops a run nor counts for most_failures", "[pipeline]") {
  const Watchdog watchdog("a duplicate");
  std::vector<PipelineResult> dead;
  std::vector<std::string> lines;
  PipelineOptions options{.most_failures = 0};
  options.log = Logger(LogLevel::warning, [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  const auto tell = [&](const PipelineResult& result) {
    if (!result.success) dead.push_back(result);
  };
  SECTION("with OnFailure::stop") {
    options.on_result = tell;
  }
  SECTION("with OnFailure::dead_letter") {
    options.on_failure = OnFailure::dead_letter;
    options.dead_letter = tell;
  }
  Numbers pipeline(0, std::move(options));
  pipeline.on_refill = [](std::size_t, const std::stop_token&) {
    std::vector<WorkItem<int>> last;
    last.emplace_back("same", 1);
    last.emplace_back("same", 2, Metadata{{"from", "b"}});
    last.emplace_back("other", 3);
    return Refill<int>::done(std::move(last));
  };
  const auto report = pipeline.run();
  CHECK(report.duplicates == 1);
  CHECK(report.failed == 1);
  CHECK(report.completed == 2);
  CHECK(pipeline.sorted() == std::vector<int>{1, 3});
  REQUIRE(dead.size() == 1);
  CHECK(dead[0].id == "same");
  CHECK(dead[0].stage == "refill");
  CHECK(dead[0].metadata == Metadata{{"from", "b"}});
  CHECK(dead[0].attempts == 0);
  CHECK(dead[0].message == "an item with the id \"same\" is already on its way");
  REQUIRE(dead[0].error);
  CHECK_THROWS_AS(std::rethrow_exception(dead[0].error), Error);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("\"same\"") != std::string::npos);
}

TEST_CASE("ETLPipeline: an id is free again when its item has ended, however it did", "[pipeline]") {
  const Watchdog watchdog("an id is free again");
  std::atomic<int> ended{0};
  PipelineOptions options{.on_failure = OnFailure::dead_letter};
  options.dead_letter = [&](const PipelineResult&) { ++ended; };
  Numbers pipeline(0, std::move(options));
  const auto comes_twice = [&](auto has_ended) {
    pipeline.on_refill = [has_ended, calls = 0](std::size_t, const std::stop_token&) mutable {
      std::vector<WorkItem<int>> items;
      items.emplace_back("same", ++calls);
      if (calls == 1) return Refill<int>::items(std::move(items));
      wait_until(has_ended);
      return Refill<int>::done(std::move(items));
    };
  };
  SECTION("it failed") {
    comes_twice([&] { return ended == 1; });
    pipeline.on_process = fails_on(1);
    CHECK(pipeline.run().failed == 1);
    CHECK(pipeline.stored() == std::vector<int>{2});
  }
  SECTION("it was completed") {
    comes_twice([&] { return pipeline.report().completed == 1; });
    CHECK(pipeline.run().completed == 2);
  }
  CHECK(pipeline.report().duplicates == 0);
}

TEST_CASE("ETLPipeline: more failures than allowed stop it", "[pipeline]") {
  const Watchdog watchdog("more failures than allowed");
  Numbers pipeline(1000, {.on_failure = OnFailure::skip, .most_failures = 3});
  pipeline.on_process = [](WorkItem<int>& item, const std::stop_token&) -> int {
    throw std::runtime_error("bad " + std::to_string(*item));
  };
  try {
    pipeline.run();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::transform);
    CHECK(std::string(error.what()).find("most_failures") != std::string::npos);
    CHECK(std::string(error.where()).find("stage process, item ") != std::string::npos);
  }
}

TEST_CASE("ETLPipeline: exactly as many failures as allowed do not stop it", "[pipeline]") {
  const Watchdog watchdog("exactly as many failures as allowed");
  Numbers pipeline(10, {.process = {.workers = 1}, .on_failure = OnFailure::skip, .most_failures = 3});
  int bad = 3;
  pipeline.on_process = [&](WorkItem<int>& item, const std::stop_token&) {
    if (*item < bad) throw std::runtime_error("bad");
    return *item;
  };
  CHECK(pipeline.run().failed == 3);
  bad = 4;
  pipeline.again();
  CHECK_THROWS_AS(pipeline.run(), Error);
  CHECK(pipeline.report().failed == 4);
}

TEST_CASE("ETLPipeline: most_failures stops it with its own error, whatever on_failure says", "[pipeline]") {
  const Watchdog watchdog("most_failures stops it");
  Numbers pipeline(10, {.on_failure = OnFailure::stop, .most_failures = 0});
  pipeline.on_store = fails_on(5);
  try {
    pipeline.run();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("most_failures") != std::string::npos);
    CHECK(std::string(error.what()).find("bad item 5") != std::string::npos);
  }
}

TEST_CASE("ETLPipeline: a hook's RunFailure ends the run with its error, whatever on_failure and retry say",
          "[pipeline]") {
  const Watchdog watchdog("a hook's RunFailure");
  const auto on_failure = GENERATE(OnFailure::stop, OnFailure::skip, OnFailure::dead_letter);
  std::vector<PipelineResult> dead;
  PipelineOptions options{.process = {.retry = {.attempts = 5}}, .on_failure = on_failure};
  if (on_failure == OnFailure::dead_letter) {
    options.dead_letter = [&](const PipelineResult& result) { dead.push_back(result); };
  }
  Numbers pipeline(1'000'000'000, std::move(options));
  std::atomic<int> calls{0};
  pipeline.on_process = [&](WorkItem<int>& item, const std::stop_token&) {
    if (*item != 77) return *item;
    ++calls;
    throw RunFailure(
        std::make_exception_ptr(Error(ErrorKind::target, "the table is gone", {.sqlstate = "57P01"})));
  };
  try {
    pipeline.run();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "the table is gone");
  }
  CHECK(calls == 1);
  CHECK(pipeline.report().failed == 1);
  CHECK(dead.size() == (on_failure == OnFailure::dead_letter ? 1U : 0U));
  for (const auto& result : dead) {
    CHECK(result.message == "the table is gone");
    CHECK_THROWS_AS(std::rethrow_exception(result.error), Error);
  }
}

TEST_CASE("ETLPipeline: of many errors, run() throws the one that comes first in the docs", "[pipeline]") {
  const Watchdog watchdog("of many errors");
  PipelineOptions options;
  int results = 0;
  options.on_result = [&](const PipelineResult&) {
    throw std::runtime_error("callback " + std::to_string(++results));
  };
  Numbers pipeline(0, std::move(options));
  int calls = 0;
  pipeline.on_refill = [&](std::size_t, const std::stop_token&) -> Refill<int> {
    if (++calls == 1) return Refill<int>::items(up_to(3));
    throw std::runtime_error("refill");
  };
  SECTION("what stopped the threads") {
    // The failure comes after refill's.
    pipeline.on_store = [&](WorkItem<int>& item, const std::stop_token&) -> int {
      wait_until([&] { return pipeline.report().refills == 2; });
      return fails_on(2)(item, {});
    };
    std::string message;
    try {
      pipeline.run();
    } catch (const std::exception& error) {
      message = error.what();
    }
    CHECK(message == "bad item 2");
  }
  SECTION("refill's") {
    CHECK_THROWS_WITH(pipeline.run(), "refill");
  }
  SECTION("a callback's, the first of them") {
    pipeline.on_refill = [&](std::size_t, const std::stop_token&) {
      return ++calls == 1 ? Refill<int>::items(up_to(3)) : Refill<int>::done();
    };
    CHECK_THROWS_WITH(pipeline.run(), "callback 1");
    CHECK(results == 3);
  }
}

TEST_CASE("ETLPipeline: a refill that always fails ends the pipeline after what is on its way",
          "[pipeline]") {
  const Watchdog watchdog("a refill that always fails");
  Numbers pipeline(0, {.refill_retry = {.attempts = 3, .initial_delay = 1ms}});
  int calls = 0;
  pipeline.on_refill = [&](std::size_t, const std::stop_token&) -> Refill<int> {
    if (++calls > 1) throw std::runtime_error("nothing to be had");
    return Refill<int>::items(up_to(5));
  };
  CHECK_THROWS_WITH(pipeline.run(), "nothing to be had");
  CHECK(calls == 4);
  CHECK(pipeline.sorted() == up_to(5));
}

TEST_CASE("ETLPipeline: what a callback throws is logged, and thrown at the end", "[pipeline]") {
  const Watchdog watchdog("what a callback throws");
  std::atomic<int> errors{0};
  PipelineOptions options;
  options.log = Logger(LogLevel::error, [&](LogLevel, std::string_view) { ++errors; });
  SECTION("of a result") {
    options.on_result = [](const PipelineResult&) { throw std::domain_error("callback"); };
  }
  SECTION("of the end") {
    options.on_end = [](const PipelineReport&) { throw std::domain_error("callback"); };
  }
  Numbers pipeline(10, std::move(options));
  CHECK_THROWS_AS(pipeline.run(), std::domain_error);
  CHECK(errors >= 1);
  CHECK(pipeline.sorted() == up_to(10));
}

TEST_CASE("ETLPipeline: what a hook throws need not be an exception class", "[pipeline]") {
  const Watchdog watchdog("what a hook throws");
  Numbers pipeline(10);
  pipeline.on_store = [](WorkItem<int>&, const std::stop_token&) -> int { throw 7; };
  CHECK_THROWS_AS(pipeline.run(), int);
}

TEST_CASE("ETLPipeline: a hook that ends as stopped, although nobody asked it to, has failed", "[pipeline]") {
  const Watchdog watchdog("a hook that ends as stopped");
  Numbers pipeline(10, {.keep_results = KeepResults::yes});
  const auto ends = [](WorkItem<int>&, const std::stop_token&) -> int { throw Stopped{}; };
  SECTION("a stage") {
    pipeline.on_process = ends;
  }
  SECTION("refill") {
    pipeline.on_refill = [](std::size_t, const std::stop_token&) -> Refill<int> { throw Stopped{}; };
  }
  try {
    pipeline.run();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::transform);
  }
}

TEST_CASE("ETLPipeline: ids of items that a failure drops are forgotten with them", "[pipeline]") {
  const Watchdog watchdog("ids of items that a failure drops");
  for (int round = 0; round < 20; ++round) {
    Numbers pipeline(0);
    int next = 0;
    pipeline.on_refill = [&](std::size_t room, const std::stop_token&) {
      std::vector<WorkItem<int>> items;
      for (; items.size() < room; ++next) items.emplace_back("item " + std::to_string(next), next);
      return Refill<int>::items(std::move(items));
    };
    pipeline.on_store = fails_on(100 + round);
    CHECK_THROWS_AS(pipeline.run(), std::runtime_error);
  }
}

TEST_CASE("ETLPipeline: a callback may look at the report and the results", "[pipeline]") {
  const Watchdog watchdog("a callback may look");
  std::size_t most = 0;
  Numbers* running = nullptr;
  PipelineOptions options{.keep_results = KeepResults::yes};
  options.on_result = [&](const PipelineResult&) {
    most = std::max(most, running->results().size());
    CHECK(running->report().entered > 0);
  };
  Numbers pipeline(50, std::move(options));
  running = &pipeline;
  pipeline.run();
  CHECK(most == 49);
}
