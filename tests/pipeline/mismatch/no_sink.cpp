// Something that is no sink.
#include "leat/pipeline/pipeline_builder.hpp"

void use(int& number) {
  auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  static_cast<void>(leat::pipeline_of<int>(refill).into("store", {}, number));
}
