#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sample.hpp"

namespace leat::soak {

/// A measure before and after most of the rounds.
struct Trend {
  std::uint64_t before = 0;  ///< median of the second fifth of the rounds; the first one is the warm-up
  std::uint64_t after = 0;   ///< median of the last fifth

  /// Grown by no more than 5 %, or 4 MiB.
  [[nodiscard]] bool is_flat() const;
};

/// @pre at least five samples.
[[nodiscard]] Trend trend(std::span<const Sample> samples, std::uint64_t Sample::*measure);

/// The median; zero of none.
[[nodiscard]] std::uint64_t median(std::span<const Sample> samples, std::uint64_t Sample::*measure);

/// What one sample has that it should not have. Empty: nothing.
[[nodiscard]] std::string complaint(const Sample& sample, const Sample& start);

}  // namespace leat::soak
