#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "leat/core/detail/export.hpp"

namespace leat {

/// The progress of a job's slices: the parts of a table that are copied one by one.
struct SliceProgress {
  std::size_t total = 0;
  std::size_t done = 0;
  std::size_t running = 0;
  std::size_t retried = 0;
  std::size_t readers = 0;  ///< sessions that read now
  std::size_t writers = 0;  ///< sessions that write now
};

/// Rows and bytes per second.
struct ProgressRate {
  double rows = 0;
  double bytes = 0;
};

/// The progress of a job. A plain value.
struct LEAT_EXPORT Progress {
  std::uint64_t rows = 0;                         ///< rows moved so far
  std::uint64_t bytes = 0;                        ///< bytes of these rows on the wire
  std::optional<std::uint64_t> rows_expected{};   ///< rows in all, if known or estimated
  std::optional<std::uint64_t> bytes_expected{};  ///< bytes in all, if known or estimated
  std::chrono::nanoseconds elapsed{};             ///< since the job started
  /// The part of `rows` that the target refused. If the job has a name, also the rows that its earlier
  /// attempts rejected.
  std::uint64_t rejected = 0;
  std::optional<SliceProgress> slices{};  ///< if the table is cut into slices that are written one by one

  /// The mean rate since the start; zero while no time has passed.
  [[nodiscard]] ProgressRate rate() const;
  /// The completed share, 0 to 1: by rows if their number is expected, otherwise by bytes. nullopt if neither
  /// is expected, or if more came than was expected.
  [[nodiscard]] std::optional<double> fraction() const;
  /// The remaining time at the mean rate. nullopt if the fraction is unknown, and until something was moved.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> eta() const;
};

}  // namespace leat
