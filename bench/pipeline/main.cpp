// What a pipeline costs, each figure beside its peer in the same run. Prints lines of: figure, measured, at
// most, unit.

#include <tbb/global_control.h>
#include <tbb/parallel_pipeline.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "leat/pipeline/async.hpp"
#include "leat/pipeline/etl_pipeline.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using leat::Refill;
using leat::WorkItem;

double seconds_of(const auto& body) {
  const auto begin = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const std::string& figure, double measured, double at_most, const char* unit) {
  if (at_most == 0) {
    std::printf("%s\t%.3f\t-\t%s\n", figure.c_str(), measured, unit);
  } else {
    std::printf("%s\t%.3f\t%.2f\t%s\n", figure.c_str(), measured, at_most, unit);
  }
  std::fflush(stdout);
}

/// What every stage does, where no compiler sees it.
[[gnu::noinline]] std::uint64_t next_of(std::uint64_t value) {
  return value + 1;
}

class Trivial : public leat::ETLPipeline<std::uint64_t, std::uint64_t, std::uint64_t> {
 public:
  Trivial(std::uint64_t items, bool with_ids, leat::PipelineOptions options)
      : ETLPipeline(std::move(options)), items_(items), with_ids_(with_ids) {}

  Refill<std::uint64_t> refill(std::size_t count, const std::stop_token&) override {
    std::vector<WorkItem<std::uint64_t>> items;
    items.reserve(count);
    for (; items.size() < count && given_ < items_; ++given_) {
      if (with_ids_) {
        items.emplace_back(std::to_string(given_), given_);
      } else {
        items.emplace_back(given_);
      }
    }
    return items.empty() ? Refill<std::uint64_t>::done() : Refill<std::uint64_t>::items(std::move(items));
  }
  std::uint64_t fetch(WorkItem<std::uint64_t>& item, const std::stop_token&) override {
    return next_of(*item);
  }
  std::uint64_t process(WorkItem<std::uint64_t>& item, const std::stop_token&) override {
    return next_of(*item);
  }
  void store(WorkItem<std::uint64_t>& item, const std::stop_token&) override {
    sum_.fetch_add(next_of(*item), std::memory_order_relaxed);
  }
  void check() const {
    if (sum_ != items_ * (items_ - 1) / 2 + 3 * items_) std::abort();
  }

 private:
  std::uint64_t items_;
  bool with_ids_;
  std::uint64_t given_ = 0;
  std::atomic<std::uint64_t> sum_{0};
};

double with_tbb(std::uint64_t items) {
  const tbb::global_control two(tbb::global_control::max_allowed_parallelism, 2);
  std::uint64_t given = 0;
  std::atomic<std::uint64_t> sum{0};
  const auto hook = [](std::uint64_t value) { return next_of(value); };
  const double seconds = seconds_of([&] {
    tbb::parallel_pipeline(
        64, tbb::make_filter<void, std::uint64_t>(tbb::filter_mode::serial_in_order,
                                                  [&](tbb::flow_control& flow) -> std::uint64_t {
                                                    if (given == items) flow.stop();
                                                    return given == items ? 0 : given++;
                                                  }) &
                tbb::make_filter<std::uint64_t, std::uint64_t>(tbb::filter_mode::parallel, hook) &
                tbb::make_filter<std::uint64_t, std::uint64_t>(tbb::filter_mode::parallel, hook) &
                tbb::make_filter<std::uint64_t, void>(tbb::filter_mode::parallel, [&](std::uint64_t value) {
                  sum.fetch_add(next_of(value), std::memory_order_relaxed);
                }));
  });
  if (sum != items * (items - 1) / 2 + 3 * items) std::abort();
  return seconds;
}

leat::PipelineOptions one_worker_each() {
  const leat::StageOptions stage{.workers = 1, .queue_items = 4096};
  return {.fetch = stage, .process = stage, .store = stage};
}

double with_leat(std::uint64_t items, bool tracked) {
  auto options = one_worker_each();
  if (tracked) options.tracking = leat::Tracking::on;
  Trivial pipeline(items, tracked, std::move(options));
  const double seconds = seconds_of([&] { pipeline.run(); });
  pipeline.check();
  return seconds;
}

void trivial_items() {
  constexpr std::uint64_t items = 2'000'000;
  constexpr int pairs = 7;
  std::vector<double> plain;
  std::vector<double> tracked;
  std::vector<double> nanoseconds;
  with_tbb(items);
  with_leat(items, false);
  for (int i = 0; i < pairs; ++i) {
    const double peer = with_tbb(items);
    const double own = with_leat(items, false);
    nanoseconds.push_back(own * 1e9 / items);
    plain.push_back(own / peer);
    tracked.push_back(with_leat(items, true) / peer);
  }
  print("pipeline: an item, tracking off", median(nanoseconds), 0, "ns");
  print("pipeline: an item, tracking off, of oneTBB's parallel_pipeline", median(plain), 1.0, "ratio");
  print("pipeline: with tracking and given ids, of the same", median(tracked), 4.0, "ratio");
}

/// One thread writes single items, this one reads them.
double by_hand_off(std::uint64_t items) {
  return seconds_of([&] {
    leat::Monitor<std::uint64_t> hand_off({.items = 4096});
    auto registration = hand_off.register_producer();
    std::thread producer([&] {
      for (std::uint64_t i = 0; i < items; ++i) hand_off.write(i, {});
      registration.sign_off();
    });
    std::uint64_t sum = 0;
    while (const auto item = hand_off.read({})) sum += *item;
    producer.join();
    if (sum != items * (items - 1) / 2) std::abort();
  });
}

double in_batches(std::uint64_t items) {
  std::uint64_t given = 0;
  std::uint64_t sum = 0;
  const auto refill = [&](std::size_t count, const std::stop_token&) {
    std::vector<WorkItem<std::uint64_t>> more;
    more.reserve(count);
    while (more.size() < count && given < items) more.emplace_back(given++);
    return more.empty() ? Refill<std::uint64_t>::done() : Refill<std::uint64_t>::items(std::move(more));
  };
  auto pipeline = leat::pipeline_of<std::uint64_t>(refill)
                      .batch({.items = 1000})
                      .stage("store", {.queue_items = 4096},
                             [&](leat::Batch<std::uint64_t> batch, const std::stop_token&) {
                               for (auto& item : batch) sum += *item;
                             })
                      .build();
  const double seconds = seconds_of([&] { pipeline.run(); });
  if (sum != items * (items - 1) / 2) std::abort();
  return seconds;
}

void batches() {
  constexpr std::uint64_t items = 5'000'000;
  std::vector<double> ratios;
  std::vector<double> nanoseconds;
  in_batches(items);
  for (int i = 0; i < 7; ++i) {
    const double peer = by_hand_off(items);
    const double own = in_batches(items);
    ratios.push_back(own / peer);
    nanoseconds.push_back(own * 1e9 / items);
  }
  print("pipeline: an item in batches of 1,000", median(nanoseconds), 0, "ns");
  print("pipeline: an item in batches of 1,000, of one hand-off of a Monitor", median(ratios), 0.5, "ratio");
}

class Waiting : public leat::ETLPipeline<int, leat::Async<int>, int> {
 public:
  using ETLPipeline::ETLPipeline;
  Refill<int> refill(std::size_t count, const std::stop_token&) override {
    std::vector<int> items;
    while (items.size() < count && given_ < 10'000) items.push_back(given_++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  }
  leat::Awaitable<int> fetch(WorkItem<int>& item, const std::stop_token&) override {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(10));
    co_await timer.async_wait(boost::asio::use_awaitable);
    co_return *item;
  }
  int process(WorkItem<int>& item, const std::stop_token&) override { return *item; }
  void store(WorkItem<int>&, const std::stop_token&) override {}

 private:
  int given_ = 0;
};

void asynchronous_fetches() {
  std::vector<double> ratios;
  for (int i = 0; i < 5; ++i) {
    Waiting pipeline({.fetch = {.workers = 1000, .queue_items = 2000}, .process = {}, .store = {}});
    ratios.push_back(seconds_of([&] { pipeline.run(); }) / 0.1);
  }
  print("pipeline: 10,000 fetches of 10 ms, 1,000 at once, of the ideal", median(ratios), 1.3, "ratio");
}

void few_items() {
  std::vector<double> milliseconds;
  for (int i = 0; i < 9; ++i) {
    Trivial pipeline(100, false, {.fetch = {.workers = 4, .queue_items = 10}});
    milliseconds.push_back(1000 * seconds_of([&] { pipeline.run(); }));
  }
  print("pipeline: 100 trivial items, a fetch queue of 10", median(milliseconds), 10, "ms");
}

void memory() {
  auto options = one_worker_each();
  std::uint64_t results = 0;
  options.on_result = [&](const leat::PipelineResult&) { ++results; };
  constexpr std::uint64_t items = 10'000'000;
  Trivial pipeline(items, true, std::move(options));
  pipeline.run();
  if (results != items) std::abort();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  print("pipeline: peak memory over 10 M items, results streamed",
        static_cast<double>(usage.ru_maxrss) / 1024, 32, "MiB");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  if (only == "memory") {  // a process of its own, since the others' memory stays
    memory();
    return 0;
  }
  if (only == "leat") {  // for a profiler
    for (int i = 0; i < 10; ++i) std::printf("%.1f ns\n", with_leat(2'000'000, false) * 1e9 / 2'000'000);
    return 0;
  }
  if (only == "tracked") {
    for (int i = 0; i < 5; ++i) std::printf("%.1f ns\n", with_leat(2'000'000, true) * 1e9 / 2'000'000);
    return 0;
  }
  if (only == "batches") {
    batches();
    return 0;
  }
  trivial_items();
  batches();
  asynchronous_fetches();
  few_items();
}
