// Pipelines of random shape, with random failures and stops.
#include <random>

#include "numbers.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("ETLPipeline: random runs count every item once", "[pipeline][random]") {
  const RandomRun runs(1000);
  std::minstd_rand random(runs.seed());
  const auto pick = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (std::size_t run = 0; run < runs.rounds(); ++run) {
    INFO("run " << run);
    const Watchdog watchdog("a random run of a pipeline");
    const auto stage = [&] {
      return StageOptions{.retry = {.attempts = pick(1, 2), .initial_delay = 0ms},
                          .workers = static_cast<std::size_t>(pick(1, 3)),
                          .queue_items = static_cast<std::size_t>(pick(0, 3) == 0 ? 1 : pick(1, 50))};
    };
    const int items = pick(0, 200);
    const int fails_every = pick(0, 2) == 0 ? pick(1, 20) : 0;
    enum class Ending {
      natural,
      drain,
      abort
    } const ending = static_cast<Ending>(pick(0, 5) > 2 ? 0 : pick(1, 2));
    const int ends_at = pick(0, 200);
    PipelineOptions options{.fetch = stage(),
                            .process = stage(),
                            .store = stage(),
                            .on_failure = OnFailure::skip,
                            .keep_results = KeepResults::yes,
                            .tracking = pick(0, 1) == 0 ? Tracking::off : Tracking::on};
    const bool ordered =
        options.fetch.workers == 1 && options.process.workers == 1 && options.store.workers == 1;
    Numbers pipeline(items, std::move(options));
    const auto hook = [&](WorkItem<int>& item, const std::stop_token&) {
      if (fails_every != 0 && *item % fails_every == 0 && item.attempt() == 1)
        throw std::runtime_error("random");
      return *item;
    };
    (pick(0, 1) == 0 ? pipeline.on_fetch : pipeline.on_process) = hook;
    pipeline.on_store = [&](WorkItem<int>& item, const std::stop_token& stop) {
      if (*item == ends_at && ending != Ending::natural) {
        pipeline.stop(ending == Ending::drain ? StopMode::drain : StopMode::abort);
      }
      return hook(item, stop);
    };
    bool aborted = false;
    try {
      pipeline.run();
    } catch (const Error& error) {
      aborted = error.kind() == ErrorKind::cancelled;
      REQUIRE(aborted);
    }
    const PipelineReport report = pipeline.report();
    const auto results = pipeline.results();
    const auto stored = pipeline.stored();
    REQUIRE(report.completed == stored.size());
    REQUIRE(report.completed + report.failed == results.size());
    REQUIRE(report.entered == report.completed + report.failed + report.in_flight);
    auto sorted = stored;
    std::sort(sorted.begin(), sorted.end());
    REQUIRE(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
    if (ordered) REQUIRE(stored == sorted);
    if (!aborted) REQUIRE(report.in_flight == 0);
    if (ending == Ending::natural) REQUIRE(report.entered == static_cast<std::uint64_t>(items));
  }
}
