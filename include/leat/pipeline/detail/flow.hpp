#pragma once

#include <any>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/hand_off.hpp"
#include "leat/pipeline/detail/histogram.hpp"
#include "leat/pipeline/detail/id_set.hpp"
#include "leat/pipeline/detail/meeting.hpp"
#include "leat/pipeline/pipeline_options.hpp"
#include "leat/pipeline/pipeline_report.hpp"
#include "leat/pipeline/pipeline_result.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat::detail {

using Clock = StageTimes::TimePoint::clock;

/// A number that one thread increases and any thread reads.
class Tally {
 public:
  void add(std::uint64_t more = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  /// Sets it to zero, by the thread that increases it. Returns what it was.
  std::uint64_t take() noexcept {
    const std::uint64_t all = value();
    value_.store(0, std::memory_order_relaxed);
    return all;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// The counters of one worker of a stage.
struct alignas(64) WorkerTally {
  Tally completed;
  Tally failed;
  Tally retried;
  Tally emitted;
  Tally calls;  // of a hook that takes many items
  Tally busy;   // nanoseconds
};

/// Records of items that have ended, on their way back to the thread that makes them. (If another thread
/// frees memory than the one that allocated it, both fight for a lock.) push() and clear() are thread-safe.
class SpentRecords {
 public:
  SpentRecords() = default;
  SpentRecords(const SpentRecords&) = delete;
  SpentRecords& operator=(const SpentRecords&) = delete;
  ~SpentRecords() { clear(); }

  /// Takes a chain of records, linked by `next`.
  void push(ItemRecord* first, ItemRecord* last) noexcept {
    last->next = top_.load(std::memory_order_relaxed);
    while (!top_.compare_exchange_weak(last->next, first, std::memory_order_release,
                                       std::memory_order_relaxed)) {
    }
  }
  /// Destroys all of them.
  void clear() noexcept {
    for (ItemRecord* record = top_.exchange(nullptr, std::memory_order_acquire); record != nullptr;) {
      const std::unique_ptr<ItemRecord> spent(std::exchange(record, record->next));
    }
  }

 private:
  std::atomic<ItemRecord*> top_{nullptr};
};

/// The state of one stage while it runs.
struct StageFlow {
  StageFlow(std::string its_name, StageOptions its_options, std::size_t tallies)
      : name(std::move(its_name)),
        options(std::move(its_options)),
        workers(tallies),
        meeting(options.workers) {}

  std::string name;
  StageOptions options;
  std::vector<WorkerTally> workers;
  Meeting meeting;  // of its workers, before their ends
  Histogram times;
  bool is_stream = false;
  std::size_t threads = 0;  // that take items
};

/// One run of a pipeline, without its threads and hand-offs: the counters, the treatment of failures, and the
/// callbacks. Thread-safe.
class LEAT_EXPORT Flow {
 public:
  explicit Flow(const PipelineOptions& options);
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  [[nodiscard]] const PipelineOptions& options() const noexcept { return options_; }
  [[nodiscard]] bool tracks() const noexcept { return tracks_; }

  /// Before the run starts. @param tallies how many threads count in it.
  void add_stage(std::string name, const StageOptions& options, std::size_t tallies, bool is_stream,
                 bool is_asynchronous);
  [[nodiscard]] StageFlow& stage(std::size_t index) noexcept { return stages_[index]; }
  [[nodiscard]] std::size_t stages() const noexcept { return stages_.size(); }

  // The source

  /// An item enters. False: another item with its id is on its way, and this one has failed.
  template <class T>
  [[nodiscard]] bool enter(WorkItem<T>& item, Clock::time_point now) {
    entered_.add();
    if (!tracks_ && !ItemAccess::record(item)) return true;
    return enter_known(ItemAccess::make_record(item), now);
  }
  Tally& refills() noexcept { return refills_; }
  SpentRecords& spent() noexcept { return spent_; }
  /// Refill has failed for good: the run ends after everything on its way has ended.
  void source_failed(std::exception_ptr error);
  [[nodiscard]] std::exception_ptr source_error() const;

  // Stages

  /// A hook's exception, as an error of its own. If a hook unwinds as if it had been stopped, although nobody
  /// asked it to stop, it has failed.
  [[nodiscard]] static std::exception_ptr as_failure(std::exception_ptr thrown);
  /// The same of what is called before and after all items, whose error ends the run anyway.
  [[nodiscard]] static std::exception_ptr as_end(std::exception_ptr thrown);
  /// Random, from [0, 1).
  [[nodiscard]] double random() noexcept;
  /// Sleeps; ends early with Stopped.
  static void pause(std::chrono::nanoseconds delay, const std::stop_token& stop);

  /// An item has passed the last stage, or a stream ended.
  template <class T>
  void complete(std::size_t stage, WorkItem<T>& item, std::any stored, std::uint64_t emitted) {
    if (wants_results_) {
      complete_known(stage, ItemAccess::make_record(item), std::move(stored), emitted);
    } else if (ItemRecord* record = ItemAccess::record(item).get()) {
      forget(*record);
    }
  }
  /// An item has failed for good. @param others how many have failed together with it; the log has one line
  /// for all of them, with the first one's. @throws the error that stops the pipeline, if it stops.
  template <class T>
  void fail(std::size_t stage, WorkItem<T>& item, const std::exception_ptr& error, std::size_t others = 0) {
    fail_known(stage, ItemAccess::make_record(item), error, others, true);
  }
  /// The same for one of the others.
  template <class T>
  void fail_too(std::size_t stage, WorkItem<T>& item, const std::exception_ptr& error) {
    fail_known(stage, ItemAccess::make_record(item), error, 0, false);
  }

  /// True if complete() needs the return value of the last hook.
  [[nodiscard]] bool wants_results() const noexcept { return wants_results_; }

  // The end

  /// A worker's end() has thrown after another error, which is the one that run() throws.
  void log_failed_end(const std::string& stage, const std::exception_ptr& error);
  /// Whether run() throws, as far as is known, although no thread was asked to stop.
  [[nodiscard]] bool has_failed() const { return source_error() || callback_error(); }
  /// The first exception of a callback, or null.
  [[nodiscard]] std::exception_ptr callback_error() const;
  /// @param hand_offs the hand-off before each stage.
  [[nodiscard]] PipelineReport report(const std::vector<MonitorStats>& hand_offs) const;
  [[nodiscard]] std::vector<PipelineResult> results() const;
  /// All threads have ended: takes the time and calls on_end.
  void end(const std::vector<MonitorStats>& hand_offs);

 private:
  bool enter_known(ItemRecord& record, Clock::time_point now);
  void complete_known(std::size_t stage, ItemRecord& record, std::any stored, std::uint64_t emitted);
  void fail_known(std::size_t stage, ItemRecord& record, const std::exception_ptr& thrown, std::size_t others,
                  bool is_logged);
  void forget(ItemRecord& record) {
    if (record.set != nullptr) ids_.remove(record);
  }
  void tell(PipelineResult result, bool is_dead);
  template <class Callback, class Argument>
  void call(const Callback& callback, const Argument& argument, const char* name);
  PipelineResult result_of(ItemRecord& record, std::size_t stages, Clock::time_point now) const;

  // Constant while it runs
  PipelineOptions options_;
  const bool tracks_;
  const bool wants_results_;
  std::deque<StageFlow> stages_;
  Clock::time_point started_ = Clock::now();

  // The source's
  Tally entered_;
  Tally refills_;
  Tally duplicates_;

  std::atomic<std::uint64_t> random_;
  std::atomic<std::uint64_t> failures_{0};

  IdSet ids_;  // given ones, on their way
  SpentRecords spent_;

  mutable std::mutex mutex_;
  std::exception_ptr source_error_;
  std::exception_ptr callback_error_;
  std::optional<Clock::time_point> ended_;

  std::mutex telling_;  // one result is told at a time

  mutable std::mutex results_mutex_;
  std::vector<PipelineResult> results_;  // guarded by results_mutex_
};

}  // namespace leat::detail
