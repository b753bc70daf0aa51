#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace leat {

/// Parts of a job that are copied one by one.
struct SliceProgress {
  std::size_t total = 0;
  std::size_t done = 0;
  std::size_t running = 0;
  std::size_t retried = 0;
  std::size_t readers = 0;  ///< sessions that read now
  std::size_t writers = 0;  ///< sessions that write now
};

/// How far a job is. A plain value.
struct Progress {
  std::uint64_t rows = 0;                         ///< rows moved so far
  std::uint64_t bytes = 0;                        ///< their bytes on the wire
  std::optional<std::uint64_t> rows_expected{};   ///< rows in all, where known or estimated
  std::optional<std::uint64_t> bytes_expected{};  ///< bytes in all, where known or estimated
  std::chrono::nanoseconds elapsed{};             ///< since the job started
  /// Of the rows, where the target refused some. With a job's name also those of its earlier attempts.
  std::uint64_t rejected = 0;
  std::optional<SliceProgress> slices{};  ///< where it is cut into slices that are written one by one
};

/// Rows and bytes a second.
struct Rate {
  double rows = 0;
  double bytes = 0;
};

/// The mean rate since the start; zero while no time has passed.
[[nodiscard]] Rate rate(const Progress& progress);

/// The share that is done, 0 to 1, by rows where their number is expected and otherwise by bytes; unknown
/// without either, or when more came than was expected.
[[nodiscard]] std::optional<double> fraction(const Progress& progress);

/// The time that remains at the mean rate; unknown when the fraction is, and until something was moved.
[[nodiscard]] std::optional<std::chrono::nanoseconds> eta(const Progress& progress);

}  // namespace leat
