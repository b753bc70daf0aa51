#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "jobs/options/job_counters.hpp"
#include "jobs/run/slice_queue.hpp"
#include "jobs/run/worker_balance.hpp"
#include "leat/core/monitor.hpp"
#include "leat/data/held_batch.hpp"

namespace leat::jobs_detail {

/// How long threads waited.
struct SliceWaits {
  WaitClock for_source;  ///< of all writers
  WaitClock for_target;  ///< of all readers
  std::atomic<std::size_t> most_batches{0};
};

/// One slice on its way from the session that reads it to the one that writes it. The reader writes batches
/// and ends with finish() or fail(); the writer reads them until the end, or leaves with abandon(), upon
/// which the reader unwinds with Stopped. One thread on each side.
class SliceChannel {
 public:
  /// `waits` outlives it.
  SliceChannel(SliceTask task, MonitorOptions bounds, const std::shared_ptr<MemoryBudget>& budget,
               SliceWaits& waits)
      : number_(task.number),
        waits_(waits),
        memory_(budget),
        batches_(bounds),
        producer_(batches_.register_producer()),
        task_(std::move(task)) {}

  [[nodiscard]] std::size_t number() const { return number_; }

  // The reader's side

  [[nodiscard]] const Slice& slice() const { return task_.slice; }
  [[nodiscard]] RowPlace step() const { return task_.step; }
  /// Has `shorten` change the slice, and say whether it did; false where the writer has left, too.
  template <class Shorten>
  bool cut(const Shorten& shorten) {
    const std::lock_guard lock(mutex_);
    if (left_) return false;
    return shorten(task_);
  }

  void write(RowBatch batch, const std::stop_token& stop) {
    const WaitClock::Wait wait(waits_.for_target);
    auto lease = memory_.acquire(ByteCount{weight_of(batch)}, stop);
    batches_.write(HeldBatch(std::move(batch), std::move(lease)), stop);
  }
  /// All rows of slice() are there.
  void finish() { producer_.sign_off(); }
  void fail(const Error& error) {
    {
      const std::lock_guard lock(mutex_);
      error_ = error;
    }
    batches_.fail(nullptr);
  }

  // The writer's side

  /// @throws Stopped after fail(), too.
  [[nodiscard]] ReadResult read_for(HeldBatch& batch, std::chrono::nanoseconds timeout,
                                    const std::stop_token& stop) {
    const WaitClock::Wait wait(waits_.for_source);
    return batches_.read_for(batch, timeout, stop);
  }
  /// Leaves the rest alone. Returns what the slice is from now on.
  SliceTask leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    batches_.abandon();
    return task_;
  }
  /// What has been read, after the end.
  [[nodiscard]] const SliceTask& task() const { return task_; }

  void count_sent(std::uint64_t rows, std::uint64_t bytes) {
    counts_.rows_sent += rows;
    counts_.bytes_sent += bytes;
  }
  void count_read(std::uint64_t rows, std::uint64_t bytes) {
    counts_.rows_read += rows;
    counts_.bytes_read += bytes;
  }

  // Both

  /// Of what came and went so far.
  [[nodiscard]] const JobCounters& counts() const { return counts_; }
  /// Why the reader has failed.
  [[nodiscard]] std::optional<Error> error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  [[nodiscard]] MonitorStats stats() const { return batches_.stats(); }

 private:
  const std::size_t number_;
  SliceWaits& waits_;
  const MemoryBudget::Holder memory_;
  JobCounters counts_;
  Monitor<HeldBatch> batches_;
  Monitor<HeldBatch>::Registration producer_;
  mutable std::mutex mutex_;
  SliceTask task_;  // changed by the reader, under mutex_; read by the writer under it, or after the end
  // Guarded by mutex_
  std::optional<Error> error_;
  bool left_ = false;
};

}  // namespace leat::jobs_detail
