// A sink that takes no batches.
#include <stop_token>

#include "leat/pipeline/pipeline_builder.hpp"

namespace {

/// Takes numbers, one by one.
struct Numbers {
  struct Writer {
    void operator()(leat::WorkItem<int>& item, const std::stop_token& stop);
  };
  [[nodiscard]] leat::CommitPoint commit_point() const;
  [[nodiscard]] Writer writer();
};

}  // namespace

void use(Numbers& numbers) {
  auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  static_cast<void>(leat::pipeline_of<int>(refill).batch({.items = 10}).into("store", {}, numbers));
}
