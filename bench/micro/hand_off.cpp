// What it costs to hand a trivial item from one thread to another, stop tokens included.
// time_an_item: the wall time of a run, divided by its items.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <stop_token>
#include <thread>
#include <vector>

#include "leat/core/concurrent_monitor.hpp"
#include "leat/core/monitor.hpp"

namespace {

constexpr std::uint64_t items_a_run = 2'000'000;

/// One producer thread runs `produce`, this thread runs `consume`, which returns the sum of what it read.
template <class H, class Produce, class Consume>
void run(benchmark::State& state, Produce produce, Consume consume) {
  for (auto _ : state) {
    H hand_off({.items = static_cast<std::size_t>(state.range(0))});
    std::stop_source stop;
    auto registration = hand_off.register_producer();
    std::thread producer([&] {
      produce(hand_off, stop.get_token());
      registration.sign_off();
    });
    const std::uint64_t sum = consume(hand_off, stop.get_token());
    producer.join();
    if (sum != items_a_run * (items_a_run - 1) / 2) std::abort();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items_a_run));
  state.counters["time_an_item"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(items_a_run),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class H>
void single_items(benchmark::State& state) {
  run<H>(
      state,
      [](H& out, const std::stop_token& stop) {
        for (std::uint64_t i = 0; i < items_a_run; ++i) out.write(i, stop);
      },
      [](H& in, const std::stop_token& stop) {
        std::uint64_t sum = 0;
        while (auto item = in.read(stop)) sum += *item;
        return sum;
      });
}

template <class H>
void runs_of_items(benchmark::State& state) {
  run<H>(
      state,
      [](H& out, const std::stop_token& stop) {
        std::vector<std::uint64_t> items;
        for (std::uint64_t i = 0; i < items_a_run;) {
          while (items.size() < 64 && i < items_a_run) items.push_back(i++);
          out.write_all(std::move(items), stop);
        }
      },
      [](H& in, const std::stop_token& stop) {
        std::uint64_t sum = 0;
        std::vector<std::uint64_t> items;
        while (in.read_some(items, 64, stop) != 0) {
          for (const std::uint64_t item : items) sum += item;
          items.clear();
        }
        return sum;
      });
}

using Plain = leat::Monitor<std::uint64_t>;
using Concurrent = leat::ConcurrentMonitor<std::uint64_t>;

BENCHMARK(single_items<Plain>)
    ->Name("Monitor/single")
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(single_items<Concurrent>)
    ->Name("ConcurrentMonitor/single")
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(runs_of_items<Plain>)
    ->Name("Monitor/runs")
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(runs_of_items<Concurrent>)
    ->Name("ConcurrentMonitor/runs")
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
