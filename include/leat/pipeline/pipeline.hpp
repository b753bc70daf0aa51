#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/pipeline/pipeline_options.hpp"
#include "leat/pipeline/pipeline_report.hpp"
#include "leat/pipeline/pipeline_result.hpp"

namespace leat {

namespace detail {
class SourceNode;
class StageNode;
}  // namespace detail

/// How a pipeline is stopped.
enum class StopMode {
  drain,  ///< no new items are requested; items on their way are completed
  abort,  ///< hooks are asked to stop; items on their way are given up
};

/// A source and stages, which run as pools of workers with hand-offs between them. Built by PipelineBuilder
/// or ETLPipeline. It may run again after a run has ended. start(), wait() and run() must be called from one
/// thread; stop(), is_running(), report() and results() may be called from any thread.
class LEAT_EXPORT Pipeline {
 public:
  /// Used by the builder. @throws Error (config).
  Pipeline(PipelineOptions options, std::unique_ptr<detail::SourceNode> source,
           std::vector<std::unique_ptr<detail::StageNode>> stages);
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;
  /// Aborts and joins. If nobody waited for a run, its exception is dropped.
  ~Pipeline();

  /// Runs until refill is done or stop() is called, and all items on their way have ended.
  /// @param stop a request there aborts.
  /// @throws the reason for a stop, unchanged: the error of an item, of refill or of a callback; Error
  /// (cancelled) after an abort.
  PipelineReport run(const std::stop_token& stop = {});

  /// Starts the threads and returns. @throws std::logic_error if it is already running; std::system_error.
  void start();
  /// Asks a run to end and returns at once. An abort may follow a drain. Does nothing if nothing runs.
  void stop(StopMode mode = StopMode::drain);
  /// Blocks until the run has ended. Returns or throws the same as run(). @throws std::logic_error before the
  /// first run.
  PipelineReport wait();
  /// As wait(), but for at most `timeout`. True: the run has ended, and wait() returns at once.
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout);
  [[nodiscard]] bool is_running() const noexcept;

  /// The present statistics of the run; after it has ended, those of the last run.
  [[nodiscard]] PipelineReport report() const;
  /// The results of the last run, in the order in which items ended; empty unless
  /// PipelineOptions::keep_results is yes.
  [[nodiscard]] std::vector<PipelineResult> results() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leat
