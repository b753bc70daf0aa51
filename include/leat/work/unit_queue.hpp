#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/work/coordinator.hpp"

namespace leat {

/// The units of a job in this process, which its readers take as they come to need them: what coordinators
/// are made of. Thread-safe.
///
/// Invariant: every unit is waiting, taken, or done; take() returns nullopt only when all are done.
class LEAT_EXPORT UnitQueue {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit UnitQueue(std::vector<Unit> units);

  /// The next one, waiting for one that fails or is cut while all are taken; nullopt: all are done.
  /// @throws Stopped
  [[nodiscard]] std::optional<Unit> take(const std::stop_token& stop);
  /// The first that may be taken now; nullopt where there is none.
  [[nodiscard]] std::optional<Unit> take_now();
  /// One that was taken is done.
  void done();
  /// One that was taken is to be done again, not before then.
  void retry(Unit unit, TimePoint not_before);
  /// What was cut off one that is taken.
  void add(Unit unit);

  /// Waits until something may have changed here, or that long.
  void wait_for(std::chrono::nanoseconds longest, const std::stop_token& stop);
  /// What may be taken elsewhere has changed.
  void wake();

  /// Whether somebody waits while all units are taken.
  [[nodiscard]] bool is_hungry() const;
  [[nodiscard]] UnitCounts counts() const;

 private:
  struct Waiting {
    Unit unit{};
    TimePoint not_before{};
  };

  [[nodiscard]] std::optional<Unit> take_ready();
  void wait(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds longest,
            const std::stop_token& stop);
  void tell();

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::deque<Waiting> waiting_;
  std::size_t hungry_ = 0;   // threads that wait
  std::size_t changes_ = 0;  // since the beginning
  UnitCounts counts_{};
};

}  // namespace leat
