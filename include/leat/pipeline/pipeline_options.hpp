#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/core/log.hpp"
#include "leat/core/retry.hpp"
#include "leat/pipeline/batch.hpp"
#include "leat/pipeline/per_worker.hpp"
#include "leat/pipeline/pipeline_report.hpp"
#include "leat/pipeline/pipeline_result.hpp"

namespace boost::asio {
class io_context;
}

namespace leat {

/// When the work of a stage's hook is final.
enum class CommitPoint {
  item,    ///< when the hook has returned, so for each item, or for each batch
  worker,  ///< when end(WorkOutcome::done) of a worker's hook has returned
  run,     ///< the same, and no worker's end() is called before all of them have done all items
};

/// Options of one stage of a pipeline.
struct StageOptions {
  // Behaviour

  /// `worker` and `run` are for the last stage, with hooks that have end(); see per_worker(). If the end
  /// fails, or is none of WorkOutcome::done, the items that the worker has completed are counted as failed.
  /// Their results were told before that.
  CommitPoint commit = CommitPoint::item;
  RetryPolicy retry{};

  // Performance

  /// How many threads a blocking stage has, or how many coroutines of an asynchronous stage are active at the
  /// same time. Must be > 0.
  std::size_t workers = 1;
  /// How many items may wait before the stage. Must be > 0.
  std::size_t queue_items = 1000;
  /// How many bytes the waiting items may have, by byte_weight() of the payload. A heavier item waits alone.
  /// Zero: no limit. Not set: 8 MiB if the payload has a byte_weight(), else no limit.
  std::optional<ByteCount> queue_bytes{};
  /// Of a hook that takes many items at once.
  BatchOptions batch{};
};

/// What the pipeline does when an item has failed for good. A RunFailure ends the run in any case.
enum class OnFailure {
  stop,         ///< it stops, and run() throws the item's error
  skip,         ///< it goes on; the error is in the item's result, and the report counts it
  dead_letter,  ///< it goes on, and PipelineOptions::dead_letter receives the item's result
};

/// Whether the time of every item is measured.
enum class Tracking {
  off,
  on,
};

/// Whether results are kept until the next run.
enum class KeepResults {
  no,   ///< memory stays the same, however many items there are
  yes,  ///< Pipeline::results() has all of them
};

/// Receives the result of an item, on a worker's thread, one at a time. An exception from it is logged
/// (error); run() throws the first such exception at the end.
using ResultCallback = std::function<void(const PipelineResult&)>;
/// Receives the report after a run has ended, on a thread of the pipeline.
using ReportCallback = std::function<void(const PipelineReport&)>;

/// Options of a pipeline.
struct PipelineOptions {
  // Behaviour

  std::string name = "etl_pipeline";
  /// Options of the three stages of an ETLPipeline. Stages of a builder have their own.
  StageOptions fetch{.workers = 4};
  StageOptions process{.workers = 2};
  StageOptions store{.workers = 4};

  OnFailure on_failure = OnFailure::stop;
  /// If more items than this fail, the pipeline stops with an error, even if on_failure is skip or
  /// dead_letter.
  std::uint64_t most_failures = std::numeric_limits<std::uint64_t>::max();
  /// Used with OnFailure::dead_letter.
  ResultCallback dead_letter{};

  /// How calls of refill are retried.
  RetryPolicy refill_retry{};
  /// How long to wait after an idle refill that gives no delay. Must be > 0.
  std::chrono::milliseconds idle_delay{100};

  /// Receives every result as soon as it is known. After the call, nothing of the item is kept. Where a stage
  /// commits at its end (CommitPoint::worker, run), a success told here may still be lost with the others.
  ResultCallback on_result{};
  KeepResults keep_results = KeepResults::no;
  ReportCallback on_end{};
  /// Called before the threads of a run are started, on the thread that starts it. The token is stopped if
  /// the run is aborted meanwhile. What it throws is thrown by start() or run(), and nothing is run.
  std::function<void(const std::stop_token&)> begin_run{};
  /// Called once for each begin_run() that has returned, after all threads have ended and before on_end. What
  /// it throws at WorkOutcome::done is what run() throws.
  std::function<void(WorkOutcome)> end_run{};
  Tracking tracking = Tracking::off;

  /// How often the statistics are logged (info). Zero: never. Must be >= 0.
  std::chrono::milliseconds stats_interval{10'000};
  Logger log{};

  /// Where coroutines run. Null: on a thread of the pipeline. Otherwise the caller runs this io_context, and
  /// must keep it running until the pipeline has ended.
  boost::asio::io_context* io = nullptr;
};

}  // namespace leat
