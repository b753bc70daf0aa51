// Writes numbers to a Monitor on one thread and adds them up on another.
#include <iostream>
#include <leat/core/consumer.hpp>
#include <leat/core/log.hpp>
#include <leat/core/monitor.hpp>
#include <leat/core/producer.hpp>
#include <leat/data/schema.hpp>
#include <stop_token>

int main() {
  using Numbers = leat::Monitor<int>;
  Numbers numbers({.items = 4});
  long sum = 0;
  leat::PoolGroup group;
  group.add(leat::Producer<int>({.name = "count"}, numbers, [](Numbers& out, std::stop_token stop) {
    for (int i = 1; i <= 100; ++i) out.write(i, stop);
  }));
  group.add(leat::Consumer<int>({.name = "add"}, numbers, [&](Numbers& in, std::stop_token stop) {
    while (auto number = in.read(stop)) sum += *number;
  }));
  group.wait();
  if (sum == 5050) return 0;
  std::cerr << "the sum is " << sum << ", not 5050\n";
  return 1;
}
