// A factory of hooks that take another payload.
#include "leat/pipeline/pipeline_builder.hpp"

void use() {
  const auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  const auto make = [] { return [](leat::WorkItem<char>&, const std::stop_token&) {}; };
  static_cast<void>(leat::pipeline_of<int>(refill).stage("s", {}, leat::per_worker(make)).build());
}
