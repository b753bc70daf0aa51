#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/monitor.hpp"
#include "leat/pipeline/batch.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat::detail {

/// Gathers the items before a stage into batches. One thread uses it.
template <class T>
class BatchReader {
 public:
  BatchReader(Monitor<WorkItem<T>>& in, const BatchOptions& options)
      : in_(in), options_(options), limit_(static_cast<std::size_t>(bound_of<T>(options.bytes).count())) {}

  /// Puts the next batch into `batch`, which is empty. False: there is none, and none will come.
  /// @throws Stopped
  [[nodiscard]] bool next(std::vector<WorkItem<T>>& batch, const std::stop_token& stop) {
    bytes_ = 0;
    if (left_over_) {
      add(batch, std::move(*left_over_));
      left_over_.reset();
    } else if (!add_some(batch, std::nullopt, stop)) {
      return false;
    }
    if (is_complete(batch)) return true;
    const auto deadline = Clock::now() + std::min<std::chrono::milliseconds>(options_.wait, longest_wait);
    while (!is_complete(batch) && add_some(batch, deadline, stop)) {
    }
    return true;
  }

 private:
  using Clock = std::chrono::steady_clock;
  // What a clock can still be moved by.
  static constexpr std::chrono::hours longest_wait{24 * 365};

  [[nodiscard]] bool is_complete(const std::vector<WorkItem<T>>& batch) const {
    return batch.size() >= options_.items || left_over_ || (bounds_bytes() && bytes_ >= limit_);
  }
  [[nodiscard]] bool bounds_bytes() const { return limit_ != 0; }

  /// Waits for items, until the deadline where there is one. False: none came.
  bool add_some(std::vector<WorkItem<T>>& batch, std::optional<Clock::time_point> deadline,
                const std::stop_token& stop) {
    // What does not fit by its weight is known when it was taken, so such items are taken one by one.
    std::vector<WorkItem<T>>& to = bounds_bytes() ? taken_ : batch;
    const std::size_t most = bounds_bytes() ? 1 : options_.items - batch.size();
    const bool came = deadline
                          ? in_.read_some_for(to, most, *deadline - Clock::now(), stop) == ReadResult::item
                          : in_.read_some(to, most, stop) != 0;
    for (WorkItem<T>& item : taken_) add(batch, std::move(item));
    taken_.clear();
    return came;
  }

  void add(std::vector<WorkItem<T>>& batch, WorkItem<T> item) {
    const std::size_t weight = byte_weight_of(item);
    if (!batch.empty() && weight > limit_ - bytes_) {
      left_over_.emplace(std::move(item));
      return;
    }
    bytes_ += weight;
    batch.push_back(std::move(item));
  }

  Monitor<WorkItem<T>>& in_;
  const BatchOptions& options_;
  const std::size_t limit_;               // of bytes; zero: none
  std::vector<WorkItem<T>> taken_;        // the item that was read last, where bytes are bounded
  std::optional<WorkItem<T>> left_over_;  // the first of the next batch
  std::size_t bytes_ = 0;                 // of this batch, where they are bounded
};

}  // namespace leat::detail
