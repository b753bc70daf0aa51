#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/core/monitor.hpp"
#include "leat/data/held_batch.hpp"
#include "leat/data/store/unit.hpp"
#include "leat/work/row_counters.hpp"
#include "leat/work/worker_balance.hpp"

namespace leat {

/// How long threads waited for the other side.
struct UnitWaits {
  WaitClock for_source{};  ///< of all writers
  WaitClock for_target{};  ///< of all readers
  std::atomic<std::size_t> most_batches{0};
};

/// Rows on their way from those who read them to those who write them: of one unit, where it is a transaction
/// of its own, else of all units. Readers write batches and sign off, or fail(). Writers read until the end;
/// the writer of one unit may leave() before, upon which the reader unwinds with Stopped. Thread-safe.
class UnitChannel {
 public:
  using Batches = Monitor<HeldBatch>;

  /// `unit`: the only one whose rows these are. `waits` and `sent` outlive it.
  UnitChannel(std::optional<Unit> unit, MonitorOptions bounds, const std::shared_ptr<MemoryBudget>& budget,
              UnitWaits& waits, RowCounters& sent)
      : waits_(waits), sent_(sent), memory_(budget), batches_(bounds), unit_(std::move(unit)) {
    if (unit_) reader_.emplace(batches_.register_producer());
  }

  /// Where the pools of readers and writers are registered.
  [[nodiscard]] Batches& batches() { return batches_; }

  // The readers' side

  /// What a batch takes of the memory that may be used. Waits for it. @throws Stopped
  [[nodiscard]] MemoryBudget::Lease hold(const RowBatch& batch, const std::stop_token& stop) {
    const WaitClock::Wait wait(waits_.for_target);
    return memory_.acquire(ByteCount{byte_weight_of(batch)}, stop);
  }
  void write(HeldBatch batch, const std::stop_token& stop) {
    const WaitClock::Wait wait(waits_.for_target);
    batches_.write(std::move(batch), stop);
  }
  void count_read(const RowBatch& batch) {
    for (RowCounters* const counts : {&counts_, &sent_}) {
      counts->rows_read += batch.size();
      counts->bytes_read += batch.bytes();
    }
  }
  void count_added(std::uint64_t rows) {
    if (rows == 0) return;
    for (RowCounters* const counts : {&counts_, &sent_}) counts->rows_added += rows;
  }
  /// Has `shorten` change the unit, and say whether it did; false where the writer has left, too.
  template <class Shorten>
  bool cut(const Shorten& shorten) {
    const std::lock_guard lock(mutex_);
    if (left_) return false;
    return shorten(*unit_);
  }
  /// All rows of its unit are there. Until then nobody takes what is there for all of it.
  void finish() { reader_->sign_off(); }
  void fail(const Error& error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = error;
    }
    batches_.fail(nullptr);
  }

  // The writers' side

  /// @throws Stopped after fail(), too.
  [[nodiscard]] ReadResult read_for(HeldBatch& batch, std::chrono::nanoseconds timeout,
                                    const std::stop_token& stop) {
    const WaitClock::Wait wait(waits_.for_source);
    return batches_.read_for(batch, timeout, stop);
  }
  void count_sent(const RowBatch& batch) {
    for (RowCounters* const counts : {&counts_, &sent_}) {
      counts->rows_sent += batch.size();
      counts->bytes_sent += batch.bytes();
    }
  }
  /// Leaves the rest of its unit alone. Returns what the unit is from now on.
  Unit leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    batches_.abandon();
    return *unit_;
  }

  // Both

  /// The only unit whose rows these are; what was read of it is known after the end.
  [[nodiscard]] Unit unit() const {
    const std::lock_guard lock(mutex_);
    return *unit_;
  }
  /// Of what came and went so far.
  [[nodiscard]] const RowCounters& counts() const { return counts_; }
  /// Why a reader has failed.
  [[nodiscard]] std::optional<Error> error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  UnitWaits& waits_;
  RowCounters& sent_;
  const MemoryBudget::Holder memory_;
  RowCounters counts_;
  Batches batches_;
  std::optional<Batches::Registration> reader_;  // of its unit
  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::optional<Unit> unit_;
  std::optional<Error> error_;
  bool left_ = false;
};

}  // namespace leat
