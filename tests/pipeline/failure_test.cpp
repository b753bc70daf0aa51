// Items that fail, hooks that throw, and callbacks that do.
#include "numbers.hpp"

using namespace leat;
using namespace leat::test;

namespace {

using Place = Numbers::Hook Numbers::*;

/// One of the three hooks, by the name of its stage.
Place hook_of(const std::string& stage) {
  if (stage == "fetch") return &Numbers::on_fetch;
  return stage == "process" ? &Numbers::on_process : &Numbers::on_store;
}

}  // namespace

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

TEST_CASE("ETLPipeline: a failed item goes to the dead letters, after its attempts", "[pipeline]") {
  const Watchdog watchdog("a failed item goes to the dead letters");
  std::vector<PipelineResult> dead;
  PipelineOptions options{.store = {.retry = {.attempts = 3, .initial_delay = 1ms}}};
  options.on_failure = OnFailure::dead_letter;
  options.dead_letter = [&](const PipelineResult& result) { dead.push_back(result); };
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
