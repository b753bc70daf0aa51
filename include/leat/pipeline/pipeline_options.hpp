#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/core/log.hpp"
#include "leat/core/retry.hpp"
#include "leat/pipeline/pipeline_report.hpp"
#include "leat/pipeline/pipeline_result.hpp"

namespace boost::asio {
class io_context;
}

namespace leat {

/// One stage of a pipeline.
struct StageOptions {
  // Behaviour

  RetryPolicy retry{};

  // Performance

  /// Threads of a blocking stage, coroutines at once of an asynchronous one. Must be > 0.
  std::size_t workers = 1;
  /// Items that may stand before it. Must be > 0.
  std::size_t queue_items = 1000;
  /// Their bytes, by byte_weight() of the payload. Zero: no limit.
  ByteCount queue_bytes{};
};

/// What becomes of the pipeline when an item has failed for good.
enum class OnFailure {
  stop,         ///< it stops, and run() throws the item's error
  skip,         ///< it goes on; the result and the report tell
  dead_letter,  ///< it goes on, and PipelineOptions::dead_letter gets the result
};

/// Whether times are taken of every item.
enum class Tracking {
  off,
  on,
};

/// Whether results stay until the next run.
enum class KeepResults {
  no,   ///< memory stays the same, however many items there are
  yes,  ///< Pipeline::results() has all of them
};

/// Receives the result of an item, on a worker's thread, one at a time. What it throws is logged (error), and
/// the first of it is what run() throws in the end.
using ResultCallback = std::function<void(const PipelineResult&)>;
/// Receives the report when a run has ended, on a thread of the pipeline.
using ReportCallback = std::function<void(const PipelineReport&)>;

/// How a pipeline behaves.
struct PipelineOptions {
  // Behaviour

  std::string name = "etl_pipeline";
  /// The three stages of an ETLPipeline; stages of a builder bring their own.
  StageOptions fetch{.workers = 4};
  StageOptions process{.workers = 2};
  StageOptions store{.workers = 4};

  OnFailure on_failure = OnFailure::stop;
  /// More failed items than this stop the pipeline with an error, whatever on_failure says.
  std::uint64_t most_failures = std::numeric_limits<std::uint64_t>::max();
  /// For OnFailure::dead_letter.
  ResultCallback dead_letter{};

  /// For calls of refill.
  RetryPolicy refill_retry{};
  /// How long to wait after an idle refill that names no delay. Must be > 0.
  std::chrono::milliseconds idle_delay{100};

  /// Every result, as soon as it is known. Nothing is kept of an item after it.
  ResultCallback on_result{};
  KeepResults keep_results = KeepResults::no;
  ReportCallback on_end{};
  Tracking tracking = Tracking::off;

  /// How often the statistics are logged (info). Zero: never. Must be >= 0.
  std::chrono::milliseconds stats_interval{10'000};
  Logger log{};

  /// Where coroutines run. Null: a thread of the pipeline's own. The embedder runs it, and goes on running it
  /// until the pipeline has ended.
  boost::asio::io_context* io = nullptr;
};

/// @throws Error (config) that names the field.
void validate(const PipelineOptions& options);
/// The same for a stage; `name` is what errors call it.
void validate(const StageOptions& options, std::string_view name);

}  // namespace leat
