// Pools connected by a bounded monitor; no database.
//
//   2 x count ──Monitor<int>──▶ 2 x add
//
// Two producers write 1..1000 each, two consumers add up what they read.

#include <atomic>
#include <exception>
#include <iostream>
#include <stop_token>

#include "leat/core/consumer.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/producer.hpp"

int main() try {
  using Numbers = leat::Monitor<int>;
  Numbers numbers({.items = 64});
  std::atomic<long> sum{0};

  leat::PoolGroup group;
  group.add(
      leat::Producer<int>({.name = "count", .workers = 2}, numbers, [](Numbers& out, std::stop_token stop) {
        for (int i = 1; i <= 1000; ++i) out.write(i, stop);
      }));
  group.add(
      leat::Consumer<int>({.name = "add", .workers = 2}, numbers, [&](Numbers& in, std::stop_token stop) {
        while (auto number = in.read(stop)) sum += *number;
      }));
  group.wait();  // throws what a worker threw

  const leat::MonitorStats stats = numbers.stats();
  std::cout << stats.items << " numbers, sum " << sum << ", at most " << stats.high_water << " waiting\n";
  const long expected = 2 * (1000 * 1001 / 2);
  return sum == expected ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
