#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "jobs/run/slice_reader.hpp"
#include "jobs/run/source_sessions.hpp"
#include "leat/core/pool_group.hpp"

namespace leat::jobs_detail {

/// One writer of slices: a session with the target, and what it does with it. Used by one thread.
class SliceWriter {
 public:
  SliceWriter() = default;
  SliceWriter(const SliceWriter&) = delete;
  SliceWriter& operator=(const SliceWriter&) = delete;
  virtual ~SliceWriter() = default;

  /// Writes a slice; false where that was found to be done before. @throws what writing throws, and the
  /// reader's error.
  virtual bool write(SliceChannel& channel, const std::stop_token& stop) = 0;
  /// Between two slices: notices, without waiting, that the server has ended the session.
  virtual void check(const std::stop_token& stop) = 0;
};

/// What a slice that failed is to do.
using RetrySlice = std::function<std::optional<SteadyClock::time_point>(const SliceTask&, const Error&)>;

/// How slices flow.
struct SliceFlowSetup {
  WorkerLimits workers{};
  ByteCount channel_bytes{};               ///< that may wait of a slice
  std::shared_ptr<MemoryBudget> budget{};  ///< of all that wait
  /// Makes a writer, on its thread; again when it has rested.
  std::function<std::unique_ptr<SliceWriter>(std::size_t number, const std::stop_token& stop)> make_writer{};
  /// When a slice that has failed is to be tried again; nullopt: never, the error ends the flow.
  RetrySlice retry{};
};

/// What a flow uses; all outlive it.
struct SliceFlowContext {
  const SliceReading& reading;
  SourceSessions& sessions;
  JobCounters& done;  ///< of slices that are copied
  SliceWaits& waits;
};

/// Threads that read slices and threads that write them: each slice is a channel that one of these drains.
/// Belongs to one thread.
class SliceFlow {
 public:
  SliceFlow(const SliceFlowContext& context, SliceFlowSetup setup, const std::stop_token& stop);

  void start() { group_.start(); }
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout) { return group_.wait_for(timeout); }
  /// @throws the first failure.
  void wait() { group_.wait(); }

  /// Has as many read and write as suits where time was waited since the last time; to be called now and
  /// then.
  void balance_workers();
  /// That read and write now; the others rest.
  [[nodiscard]] WorkerCounts workers() const { return workers_; }

 private:
  using Channel = std::shared_ptr<SliceChannel>;
  using ReadyMonitor = Monitor<Channel>;

  void read(ReadyMonitor& ready, const std::stop_token& stop);
  void read_slice(SliceReader& reader, SliceChannel& channel, const std::stop_token& stop);
  void write(std::size_t number, ReadyMonitor& ready, const std::stop_token& stop);
  [[nodiscard]] ReadResult read_ready(ReadyMonitor& ready, Channel& channel, const std::stop_token& stop);
  void count(const SliceChannel& channel);

  const SliceFlowContext context_;
  const SliceFlowSetup setup_;
  ReadyMonitor ready_;
  WorkerCounts workers_;
  WorkerGate reader_gate_;
  WorkerGate writer_gate_;
  std::atomic<std::size_t> next_reader_{0};
  std::atomic<std::size_t> next_writer_{0};
  SteadyClock::time_point looked_at_ = SteadyClock::now();
  std::chrono::nanoseconds readers_waited_{};  // until then
  std::chrono::nanoseconds writers_waited_{};
  PoolGroup group_;
};

}  // namespace leat::jobs_detail
