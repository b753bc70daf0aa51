#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

#include "leat/core/detail/export.hpp"

namespace leat {

/// How many read and write.
struct WorkerCounts {
  std::size_t readers = 1;
  std::size_t writers = 1;

  friend bool operator==(const WorkerCounts&, const WorkerCounts&) = default;
};

/// Between which numbers they may be changed.
struct WorkerLimits {
  WorkerCounts least{};
  WorkerCounts most{};

  [[nodiscard]] bool are_fixed() const { return least == most; }
};

/// How much of their time, from 0 to 1, workers waited for the other side.
struct WaitShares {
  double readers = 0;
  double writers = 0;
};

/// How many are to begin with.
[[nodiscard]] LEAT_EXPORT WorkerCounts first_workers(const WorkerLimits& limits);

/// How many are to go on. Where one side waits much and the other does not the slow one gets a worker more,
/// and where it has all that it may, the fast one loses one. A pure function.
[[nodiscard]] LEAT_EXPORT WorkerCounts balanced_workers(WorkerCounts now, const WaitShares& waited,
                                                        const WorkerLimits& limits);

/// Lets the first so many workers of a pool work, while the others rest. Thread-safe.
///
/// Invariant: pass() returns for worker i only while i < allowed, or after close().
class LEAT_EXPORT WorkerGate {
 public:
  explicit WorkerGate(std::size_t allowed) : allowed_(allowed) {}

  /// Whether a worker, by its number from 0, may work.
  [[nodiscard]] bool lets_through(std::size_t worker) const;
  /// Waits until it may. @throws Stopped
  void pass(std::size_t worker, const std::stop_token& stop);
  void allow(std::size_t workers);
  /// Nothing is left to do, so that all may end.
  void close();

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::size_t allowed_;
  bool closed_ = false;
};

/// The time that threads waited, together; waits that go on are counted, too. Thread-safe.
class LEAT_EXPORT WaitClock {
 public:
  /// One wait, from its construction to its end.
  class Wait {
   public:
    explicit Wait(WaitClock& clock) : clock_(clock) { clock_.count(1); }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { clock_.count(-1); }

   private:
    WaitClock& clock_;
  };

  [[nodiscard]] std::chrono::nanoseconds total() const;

 private:
  /// So many threads more wait from now on.
  void count(int more);

  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::chrono::nanoseconds ended_{};  // of waits that have ended, less when those that go on began
  int waiting_ = 0;
};

}  // namespace leat
