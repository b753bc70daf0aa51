// An end of a worker's hook that takes something else.
#include "leat/pipeline/pipeline_builder.hpp"

struct Wrong {
  void operator()(leat::WorkItem<int>&, const std::stop_token&) {}
  void end(bool) {}
};

void use() {
  const auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  leat::pipeline_of<int>(refill).stage("store", {}, leat::per_worker([] { return Wrong(); })).build().run();
}
