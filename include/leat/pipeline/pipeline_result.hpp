#pragma once

#include <any>
#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include "leat/pipeline/work_item.hpp"

namespace leat {

/// The result of one item.
struct PipelineResult {
  std::string id{};
  bool success = false;
  Metadata metadata{};
  /// One entry for each stage, in their order; empty unless times are tracked.
  std::vector<StageTimes> times{};
  /// From the item's entry into the pipeline to its end; zero unless times are tracked.
  std::chrono::nanoseconds duration{};
  /// Why the item failed; null if it did not fail.
  std::exception_ptr error{};
  /// What the error says, and the server's DETAIL, if there is one: "…: Key (id)=(7) already exists."
  std::string message{};
  /// The stage in which it failed.
  std::string stage{};
  /// How often hooks were called: once for each stage that the item passed or failed in, and once for each
  /// retry.
  int attempts = 0;
  /// How many items a stream made of this one, if the item ended in a stream.
  std::uint64_t emitted = 0;
  /// The return value of the last hook, if it returns something.
  std::any stored{};
};

}  // namespace leat
