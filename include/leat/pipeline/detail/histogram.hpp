#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "leat/core/detail/export.hpp"

namespace leat::detail {

/// Counts durations in buckets whose width grows with the duration: 32 for each power of two, so a quantile
/// is accurate to 4 %. Constant memory, exact count. Thread-safe.
class LEAT_EXPORT Histogram {
 public:
  void add(std::chrono::nanoseconds duration) noexcept {
    buckets_[bucket_of(duration)].fetch_add(1, std::memory_order_relaxed);
  }

  /// The duration that this share (0 to 1) of all durations did not exceed; zero if there are none.
  [[nodiscard]] std::chrono::nanoseconds quantile(double part) const noexcept;

 private:
  static constexpr unsigned fine_bits = 5;
  static constexpr std::size_t fine = 1U << fine_bits;

  [[nodiscard]] static std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept {
    const auto value = duration.count() < 0 ? 0 : static_cast<std::uint64_t>(duration.count());
    if (value < fine) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - fine_bits;
    return (static_cast<std::size_t>(shift) << fine_bits) + static_cast<std::size_t>(value >> shift);
  }
  /// The middle of a bucket.
  [[nodiscard]] static std::uint64_t middle_of(std::size_t bucket) noexcept {
    if (bucket < 2 * fine) return bucket;
    const std::size_t shift = (bucket >> fine_bits) - 1;
    const std::uint64_t low = (fine + (bucket & (fine - 1))) << shift;
    return low + ((std::uint64_t{1} << shift) >> 1U);
  }

  std::array<std::atomic<std::uint64_t>, (64 - fine_bits + 1) * fine> buckets_{};
};

}  // namespace leat::detail
