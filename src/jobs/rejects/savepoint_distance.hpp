#pragma once

#include <algorithm>
#include <cstddef>

namespace leat::jobs_detail {

/// How many bytes of rows are written behind one savepoint. A savepoint with its COPY costs the same for few
/// rows as for many, and rows that were refused are all written again: so as long as all pass, the distance
/// doubles, each time when four times as much has passed. A refusal takes it back to a batch, and where one
/// was refused others are likely, so from then on it doubles when sixteen times as much has passed. Decides
/// only. Used by one thread at a time.
class SavepointDistance {
 public:
  /// No more than `most` bytes; zero: each batch by itself.
  explicit SavepointDistance(std::size_t most) : most_(most) {}

  /// Rows of fewer bytes wait for others.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// So many bytes have passed as a whole.
  void passed(std::size_t bytes) {
    passed_ += bytes;
    const std::size_t distance = std::max(bytes_, bytes);
    if (passed_ >= patience_ * distance) bytes_ = std::min(most_, 2 * distance);
  }
  void refused() {
    passed_ = 0;
    bytes_ = 0;
    patience_ = 16;
  }

 private:
  const std::size_t most_;
  std::size_t bytes_ = 0;
  std::size_t patience_ = 4;
  std::size_t passed_ = 0;  // since the last refusal
};

}  // namespace leat::jobs_detail
