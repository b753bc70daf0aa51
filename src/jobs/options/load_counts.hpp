#pragma once

#include <cstdint>
#include <optional>

namespace leat::jobs_detail {

/// What became of the rows that a load was given, and of those that were there.
struct LoadCounts {
  std::uint64_t inserted = 0;
  std::uint64_t updated = 0;
  std::uint64_t unchanged = 0;   ///< left as they were in the target
  std::uint64_t superseded = 0;  ///< another one with the same key came later
  std::uint64_t suppressed = 0;  ///< left out by the target
  std::uint64_t rejected = 0;    ///< refused by the target
  /// Old rows; nullopt where TRUNCATE took them, which does not count.
  std::optional<std::uint64_t> deleted = 0;
};

}  // namespace leat::jobs_detail
