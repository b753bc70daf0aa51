#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <vector>

#include "leat/pipeline/pipeline_options.hpp"
#include "leat/pipeline/pipeline_report.hpp"
#include "leat/pipeline/pipeline_result.hpp"

namespace leat {

namespace detail {
class SourceNode;
class StageNode;
}  // namespace detail

/// How a pipeline is asked to end.
enum class StopMode {
  drain,  ///< nothing new is asked for; what is on its way is completed
  abort,  ///< hooks are asked to stop; what is on its way is given up
};

/// A source and stages, which run as pools with hand-offs between them. Built by PipelineBuilder or
/// ETLPipeline. It may run again after a run has ended. start(), wait() and run() belong to one thread;
/// stop(), is_running(), report() and results() may be called from any.
class Pipeline {
 public:
  /// For the builder. @throws Error (config).
  Pipeline(PipelineOptions options, std::unique_ptr<detail::SourceNode> source,
           std::vector<std::unique_ptr<detail::StageNode>> stages);
  Pipeline(Pipeline&&) noexcept;
  Pipeline& operator=(Pipeline&&) noexcept;
  /// Aborts and joins. What a run that nobody waited for threw is dropped.
  ~Pipeline();

  /// Runs to the end: until refill is done or stop() is called, and everything on its way has ended.
  /// @param stop a request there aborts.
  /// @throws what stopped it, unchanged: an item's error, refill's, a callback's; Error (cancelled) after an
  /// abort.
  PipelineReport run(const std::stop_token& stop = {});

  /// Starts the threads and returns. @throws std::logic_error while it runs; std::system_error.
  void start();
  /// Asks a run to end and returns at once. An abort may follow a drain. Nothing happens where nothing runs.
  void stop(StopMode mode = StopMode::drain);
  /// Blocks until the run has ended; returns, or throws, what run() does. @throws std::logic_error before any
  /// run.
  PipelineReport wait();
  /// The same for at most `timeout`. True: it has ended; call wait() then.
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout);
  [[nodiscard]] bool is_running() const noexcept;

  /// The statistics of the run, now; after it, of the last one.
  [[nodiscard]] PipelineReport report() const;
  /// The results of the last run, in the order in which items ended; empty unless they are kept.
  [[nodiscard]] std::vector<PipelineResult> results() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leat
