// A source that takes no stop token.
#include "leat/pipeline/pipeline_builder.hpp"

void use() {
  const auto refill = [](std::size_t) { return leat::Refill<int>::done(); };
  static_cast<void>(leat::pipeline_of<int>(refill));
}
