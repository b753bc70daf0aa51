// A sink of another type than what the stage before it makes.
#include <string>

#include "leat/pipeline/pipeline_builder.hpp"

namespace {

/// Takes texts.
struct Texts {
  struct Writer {
    void operator()(leat::WorkItem<std::string>& item, const std::stop_token& stop);
  };
  [[nodiscard]] leat::CommitPoint commit_point() const;
  [[nodiscard]] Writer writer();
};

}  // namespace

void use(Texts& texts) {
  auto refill = [](std::size_t, const std::stop_token&) { return leat::Refill<int>::done(); };
  static_cast<void>(leat::pipeline_of<int>(refill).into("store", {}, texts));
}
