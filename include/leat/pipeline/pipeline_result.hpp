#pragma once

#include <any>
#include <chrono>
#include <exception>
#include <string>
#include <vector>

#include "leat/pipeline/work_item.hpp"

namespace leat {

/// What became of one item.
struct PipelineResult {
  std::string id{};
  bool success = false;
  Metadata metadata{};
  /// One for each stage, in their order; empty unless times are tracked.
  std::vector<StageTimes> times{};
  /// From entering the pipeline to its end; zero unless times are tracked.
  std::chrono::nanoseconds duration{};
  /// Why it failed, and in which stage. Null where it did not.
  std::exception_ptr error{};
  std::string message{};
  std::string stage{};
  /// Calls of hooks: one for each stage that it passed or failed in, and one for every retry.
  int attempts = 0;
  /// Items that a stream made of it, where it ended in one.
  std::uint64_t emitted = 0;
  /// What the last hook returned, where it returns something.
  std::any stored{};
};

}  // namespace leat
