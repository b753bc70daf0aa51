// A stage's hook that takes no stop token.
#include "leat/pipeline/pipeline_builder.hpp"

void use() {
  const auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  const auto hook = [](leat::WorkItem<int>& item) { return *item; };
  static_cast<void>(leat::pipeline_of<int>(refill).stage("s", {}, hook).build());
}
