#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/core/pool_group.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/data/store/unit_reader.hpp"
#include "leat/transform/transform_class.hpp"
#include "leat/work/coordinator.hpp"
#include "leat/work/unit_writer.hpp"
#include "leat/work/worker_balance.hpp"

namespace leat {

class UnitHooks;

namespace jobs_detail {
struct ShapedHook;
}

/// What a transaction of the target holds.
enum class UnitCommit {
  together,   ///< whatever its writer got: rows of all units come to whichever writer is free
  each_alone  ///< one unit, which has one writer, and may be done again
};

/// How units are moved.
struct UnitEngineSetup {
  // Behaviour

  UnitCommit commit = UnitCommit::together;
  /// Makes a reader, on its thread.
  std::function<std::unique_ptr<UnitReader>()> make_reader{};
  /// Makes a writer, on its thread; again when it has rested.
  std::function<std::unique_ptr<UnitWriter>(std::size_t number, const std::stop_token& stop)> make_writer{};
  /// The row hook of one thread, made there; empty: rows pass untouched.
  std::function<Transform::BatchHook()> make_hook{};
  /// The same of one that changes the shape of rows, instead.
  std::function<jobs_detail::ShapedHook()> make_shaped_hook{};

  /// Gets the events "slice" and "retry".
  Logger log{};

  // Performance

  WorkerLimits workers{};
  /// Threads that run the row hook, for each reader.
  std::size_t hooks = 1;
  ReadOptions read{};
  /// Where batches come from and go to. Needed.
  RowBatchPool* pool = nullptr;
  /// What may wait in one channel.
  MonitorOptions channel{};
  /// Of all that wait.
  std::shared_ptr<MemoryBudget> budget{};
};

/// The one engine that moves rows: readers take units from a coordinator, writers get their rows.
///
///     Coordinator --units--> readers [--> row hooks] --a channel--> writers
///
/// One reader and one writer keep the order of rows. Threads: "leat-read", "leat-hook" and "leat-write". A
/// row hook runs on "leat-hook" alone, each of which belongs to one reader. Belongs to one thread.
///
/// Invariants: a unit is done() or retried only after its writer has left its channel; a hook's thread waits
/// for no channel but that of the unit its reader reads, so that units never wait for each other's hooks.
class LEAT_EXPORT UnitEngine {
 public:
  /// The coordinator outlives it.
  UnitEngine(Coordinator& coordinator, UnitEngineSetup setup, const std::stop_token& stop);
  UnitEngine(const UnitEngine&) = delete;
  UnitEngine& operator=(const UnitEngine&) = delete;
  ~UnitEngine();

  void start() { group_.start(); }
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout) { return group_.wait_for(timeout); }
  /// @throws the first failure.
  void wait() { group_.wait(); }

  /// Has as many read and write as suits where time was waited since the last time; to be called now and
  /// then.
  void balance_workers();
  /// That read and write now; the others rest.
  [[nodiscard]] WorkerCounts workers() const { return workers_; }
  /// What was read and written so far, with what is rolled back later.
  [[nodiscard]] const RowCounters& sent() const { return sent_; }
  /// What was moved of units that are done; of all, where they are committed together.
  [[nodiscard]] const RowCounters& done() const { return together_ ? together_->counts() : done_; }
  [[nodiscard]] const UnitWaits& waits() const { return waits_; }
  [[nodiscard]] std::size_t most_batches_waiting() const {
    return together_ ? together_->batches().stats().high_water : waits_.most_batches.load();
  }

 private:
  class Feed;
  using Channel = std::shared_ptr<UnitChannel>;

  void add_hooks();
  [[nodiscard]] Channel make_channel(std::optional<Unit> unit);
  void read(const std::stop_token& stop);
  void read_unit(std::size_t number, UnitReader& reader, const Unit& unit, const std::stop_token& stop);
  void write_each(const std::stop_token& stop);
  void write_unit(UnitWriter& writer, UnitChannel& channel, const std::stop_token& stop);

  Coordinator& coordinator_;
  const UnitEngineSetup setup_;
  RowCounters sent_;
  RowCounters done_;
  UnitWaits waits_;
  Monitor<Channel> ready_;                         // of units that are committed alone
  Channel together_;                               // of those that are not
  std::vector<std::unique_ptr<UnitHooks>> hooks_;  // of each reader, where there is a hook
  WorkerCounts workers_;
  WorkerGate reader_gate_;
  WorkerGate writer_gate_;
  std::atomic<std::size_t> next_reader_{0};
  std::atomic<std::size_t> next_writer_{0};
  std::chrono::steady_clock::time_point looked_at_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds readers_waited_{};  // until then
  std::chrono::nanoseconds writers_waited_{};
  PoolGroup group_;
};

}  // namespace leat
