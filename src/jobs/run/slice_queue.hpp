#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "jobs/options/job_counters.hpp"
#include "jobs/prepare/slice.hpp"

namespace leat::jobs_detail {

/// A slice that is to be copied, under a number that it keeps.
struct SliceTask {
  std::size_t number = 0;
  Slice slice{};
  int attempts = 0;   ///< that have failed
  RowPlace step = 0;  ///< how much to read of it first, where that is known
};

/// The slices of a job, which its readers take as they come to need them. Thread-safe.
///
/// Invariant: every slice is waiting, taken, or done; take() returns nullopt only when all are done.
class SliceQueue {
 public:
  explicit SliceQueue(std::vector<SliceTask> tasks);

  /// The next one, waiting for one that fails or is cut while all are taken; nullopt: all are done.
  /// @throws Stopped
  [[nodiscard]] std::optional<SliceTask> take(const std::stop_token& stop);
  /// One that was taken is copied.
  void done();
  /// One that was taken is to be copied again, not before then.
  void retry(SliceTask task, SteadyClock::time_point not_before);
  /// What was cut off one that is taken.
  void add(SliceTask task);

  /// Whether somebody waits while all slices are taken.
  [[nodiscard]] bool is_hungry() const;

  struct Counts {
    std::size_t total = 0;
    std::size_t done = 0;
    std::size_t taken = 0;
    std::size_t retries = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Waiting {
    SliceTask task{};
    SteadyClock::time_point not_before{};
  };

  /// The first that may be taken now; nullopt where there is none.
  [[nodiscard]] std::optional<SliceTask> take_ready();
  /// When another one may be taken.
  [[nodiscard]] std::optional<SteadyClock::time_point> next_ready() const;

  void tell();

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::deque<Waiting> waiting_;
  std::size_t hungry_ = 0;   // threads that wait in take()
  std::size_t changes_ = 0;  // since the beginning
  Counts counts_{};
};

}  // namespace leat::jobs_detail
