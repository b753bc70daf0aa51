// A stage's hook that takes another payload.
#include "leat/pipeline/pipeline_builder.hpp"

void use() {
  const auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  const auto hook = [](leat::WorkItem<char>&, const std::stop_token&) { return 1; };
  static_cast<void>(leat::pipeline_of<int>(refill).stage("s", {}, hook));
}
