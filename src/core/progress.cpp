#include "leat/core/progress.hpp"

namespace leat {
namespace {

std::optional<double> share(std::uint64_t done, std::optional<std::uint64_t> expected) {
  if (!expected || *expected == 0 || done > *expected) return std::nullopt;
  return static_cast<double>(done) / static_cast<double>(*expected);
}

}  // namespace

Rate rate(const Progress& progress) {
  const double seconds = std::chrono::duration<double>(progress.elapsed).count();
  if (seconds <= 0) return {};
  return {static_cast<double>(progress.rows) / seconds, static_cast<double>(progress.bytes) / seconds};
}

std::optional<double> fraction(const Progress& progress) {
  if (progress.rows_expected) return share(progress.rows, progress.rows_expected);
  return share(progress.bytes, progress.bytes_expected);
}

std::optional<std::chrono::nanoseconds> eta(const Progress& progress) {
  const auto done = fraction(progress);
  if (!done || *done <= 0) return std::nullopt;
  const double remaining = static_cast<double>(progress.elapsed.count()) * (1 - *done) / *done;
  if (remaining >= 9e18) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(remaining));
}

}  // namespace leat
