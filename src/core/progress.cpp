#include "leat/core/progress.hpp"

namespace leat {
namespace {

std::optional<double> share(std::uint64_t done, std::optional<std::uint64_t> expected) {
  if (!expected || *expected == 0 || done > *expected) return std::nullopt;
  return static_cast<double>(done) / static_cast<double>(*expected);
}

}  // namespace

ProgressRate Progress::rate() const {
  const double seconds = std::chrono::duration<double>(elapsed).count();
  if (seconds <= 0) return {};
  return {static_cast<double>(rows) / seconds, static_cast<double>(bytes) / seconds};
}

std::optional<double> Progress::fraction() const {
  if (rows_expected) return share(rows, rows_expected);
  return share(bytes, bytes_expected);
}

std::optional<std::chrono::nanoseconds> Progress::eta() const {
  const auto done = fraction();
  if (!done || *done <= 0) return std::nullopt;
  const double remaining = static_cast<double>(elapsed.count()) * (1 - *done) / *done;
  if (remaining >= 9e18) return std::nullopt;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(remaining));
}

}  // namespace leat
