#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace leat {

/// One stage's share, so far. Times are those of the hook, waits left out; zero unless times are tracked.
struct StageReport {
  std::string name{};
  std::size_t workers = 0;
  std::size_t threads = 0;  ///< that take items: its workers, or the one that starts its coroutines
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;       ///< attempts after the first
  std::uint64_t waiting = 0;       ///< items that stand before it
  std::uint64_t most_waiting = 0;  ///< the most that ever stood there
  std::chrono::nanoseconds average{};
  std::chrono::nanoseconds p50{};  ///< within 4 %
  std::chrono::nanoseconds p99{};  ///< within 4 %
  /// Its workers waited this long for items, summed: the stages before it are slower.
  std::chrono::nanoseconds waited_for_items{};
  /// They waited this long for room after it, summed: the stages after it are slower.
  std::chrono::nanoseconds waited_for_room{};
};

/// What a pipeline did so far, or in all. Every item that entered is in `completed`, `failed`, or still on
/// its way.
struct PipelineReport {
  std::string name{};
  bool running = false;
  std::uint64_t entered = 0;  ///< by refill
  std::uint64_t emitted = 0;  ///< by streams
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;      ///< for good, duplicates counted
  std::uint64_t duplicates = 0;  ///< refused, as another of their id was on its way
  std::uint64_t in_flight = 0;   ///< on their way; after the end: given up by an abort
  std::uint64_t refills = 0;     ///< calls of refill
  std::chrono::nanoseconds elapsed{};
  std::vector<StageReport> stages{};

  [[nodiscard]] double items_per_second() const;
  /// The stage whose workers waited least: more of them, or a faster hook, would help first. Empty without
  /// stages.
  [[nodiscard]] std::string slowest_stage() const;
};

/// One line for a log.
[[nodiscard]] std::string to_string(const PipelineReport& report);

}  // namespace leat
