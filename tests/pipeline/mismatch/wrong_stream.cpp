// A stream whose hook takes no emitter.
#include "leat/pipeline/pipeline_builder.hpp"

void use() {
  const auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  const auto hook = [](leat::WorkItem<int>&, const std::stop_token&) {};
  static_cast<void>(leat::pipeline_of<int>(refill).stream<int>("s", {}, hook).build());
}
