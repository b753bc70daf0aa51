#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

/// The statistics of one stage so far. Times are those of the hook, without waits; zero unless times are
/// tracked.
struct StageReport {
  std::string name{};
  std::size_t workers = 0;
  std::size_t threads = 0;  ///< threads that take items: its workers, or one that starts its coroutines
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;  ///< attempts after the first
  std::uint64_t batches = 0;  ///< calls of a hook that takes many items; `p50` and `p99` are of such a call
  std::uint64_t waiting = 0;  ///< items that wait before the stage
  std::uint64_t most_waiting = 0;  ///< the most that ever waited there
  std::chrono::nanoseconds average{};
  std::chrono::nanoseconds p50{};  ///< within 4 %
  std::chrono::nanoseconds p99{};  ///< within 4 %
  /// How long the stage's workers waited for items, in sum. If it is large, the stages before this one are
  /// slower.
  std::chrono::nanoseconds waited_for_items{};
  /// How long its workers waited for room after it, in sum. If it is large, the stages after this one are
  /// slower.
  std::chrono::nanoseconds waited_for_room{};
};

/// The statistics of a pipeline, so far or of a whole run. Invariant: every item that entered is counted in
/// `completed`, in `failed`, or is still on its way.
struct LEAT_EXPORT PipelineReport {
  std::string name{};
  bool running = false;
  std::uint64_t entered = 0;     ///< by refill
  std::uint64_t emitted = 0;     ///< by streams
  std::uint64_t completed = 0;   ///< an item of a stream: what it emitted is counted by itself
  std::uint64_t failed = 0;      ///< failed for good, duplicates included
  std::uint64_t duplicates = 0;  ///< refused, since another item with the same id was on its way
  std::uint64_t in_flight = 0;   ///< items on their way; after the end: items that an abort gave up
  std::uint64_t refills = 0;     ///< calls of refill
  std::chrono::nanoseconds elapsed{};
  std::vector<StageReport> stages{};

  [[nodiscard]] double items_per_second() const;
  /// The stage whose workers waited least. More workers for this stage, or a faster hook, would help most.
  /// Empty if there are no stages.
  [[nodiscard]] std::string slowest_stage() const;
};

/// One line for a log.
[[nodiscard]] LEAT_EXPORT std::string to_string(const PipelineReport& report);

}  // namespace leat
