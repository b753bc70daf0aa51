#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/pipeline/detail/etl_hooks.hpp"
#include "leat/pipeline/detail/validate_options.hpp"
#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"
#include "leat/pipeline/pipeline_builder.hpp"

namespace leat {
namespace detail {

/// Calls the end of something else that has failed: its own error is not the one to tell.
template <class End>
void call_quietly(const End& end, WorkOutcome outcome) {
  try {
    end(outcome);
  } catch (...) {  // NOLINT(bugprone-empty-catch): the first error is what counts
  }
}

template <class R>
concept Payload = std::is_object_v<R> && std::is_nothrow_move_constructible_v<R>;

}  // namespace detail

/// Many items, three stages, bounded memory. Override four hooks, then call run().
///
///     refill ──▶ fetch ──▶ process ──▶ store
///
/// The type arguments are the return types of the hooks: Fetched fetch(WorkItem<Job>&), Processed
/// process(WorkItem<Fetched>&), Stored store(WorkItem<Processed>&). Async<T> makes a hook a coroutine that
/// returns Awaitable<T>; it needs leat/pipeline/async.hpp. Stream<T> as Fetched makes many T of one job. An
/// override with a wrong signature does not compile. Batched<T> makes a hook take many items at once:
/// std::vector<T> store(Batch<Processed>), void store(Batch<Processed>) for Batched<>. PerWorker<Hook> gives
/// each worker a hook of its own, which make_fetch(), make_process() or make_store() returns.
///
/// Hooks of blocking stages are called by several threads at the same time. Coroutines of a stage run one at
/// a time. The stop token of a hook asks it to end; an exception that it throws after that is not taken for
/// an error.
///
/// Lifetime: the destructor aborts and joins, but by then the members of a subclass are already destroyed. If
/// an object may be destroyed while it runs, its class must call shut_down() in its own destructor. Joined<P>
/// does that for any P.
template <class Job, class Fetched, class Processed, class Stored = void>
class ETLPipeline
    : public detail::FetchHook<Job, Fetched>,
      public detail::ProcessHook<typename detail::StageValue<Fetched, Job>::Type, Processed>,
      public detail::StoreHook<
          typename detail::StageValue<Processed, typename detail::StageValue<Fetched, Job>::Type>::Type,
          Stored> {
  using FetchTraits = detail::HookTraits<Fetched>;
  using ProcessTraits = detail::HookTraits<Processed>;
  using StoreTraits = detail::HookTraits<Stored>;
  using FetchedValue = typename detail::StageValue<Fetched, Job>::Type;
  using ProcessedValue = typename detail::StageValue<Processed, FetchedValue>::Type;
  using StoredValue = typename detail::StageValue<Stored, ProcessedValue>::Type;

  static_assert(detail::Payload<Job>, "ETLPipeline: Job must be an object type that moves without throwing");
  static_assert(detail::Payload<FetchedValue>,
                "ETLPipeline: Fetched must be an object type that moves without throwing, or Async<>, "
                "Stream<> or Batched<> of one");
  static_assert(detail::Payload<ProcessedValue>,
                "ETLPipeline: Processed must be an object type that moves without throwing, or Async<> or "
                "Batched<> of one");
  static_assert(!ProcessTraits::is_stream && !StoreTraits::is_stream,
                "ETLPipeline: only Fetched can be a Stream<>; use pipeline_of() for other shapes");
  static_assert(
      std::is_void_v<StoredValue> || detail::Payload<StoredValue>,
      "ETLPipeline: Stored must be void or an object type that moves without throwing, or Async<> or "
      "Batched<> of one");

 public:
  /// @throws Error (config) that names an option that is out of range.
  explicit ETLPipeline(PipelineOptions options = {}) : pipeline_(make(std::move(options))) {}
  ETLPipeline(const ETLPipeline&) = delete;
  ETLPipeline& operator=(const ETLPipeline&) = delete;
  virtual ~ETLPipeline() { shut_down(); }

  /// Returns up to `count` new items; there is room for that many. See Refill. Called on one thread, as soon
  /// as there is room.
  virtual Refill<Job> refill(std::size_t count, const std::stop_token& stop) = 0;
  /// Called before the threads of a run are started, on the thread that starts it. What it throws is thrown
  /// there, and nothing is run.
  virtual void begin_run(const std::stop_token& /*stop*/) {}
  /// Called once for each begin_run() that has returned, after all threads of the run have ended, on a thread
  /// of the pipeline. What it throws at WorkOutcome::done is what run() throws.
  virtual void end_run(WorkOutcome /*outcome*/) {}

  // These functions do what those of Pipeline do.
  PipelineReport run(const std::stop_token& stop = {}) { return pipeline_.run(stop); }
  void start() { pipeline_.start(); }
  void stop(StopMode mode = StopMode::drain) { pipeline_.stop(mode); }
  PipelineReport wait() { return pipeline_.wait(); }
  [[nodiscard]] bool wait_for(std::chrono::nanoseconds timeout) { return pipeline_.wait_for(timeout); }
  [[nodiscard]] bool is_running() const noexcept { return pipeline_.is_running(); }
  [[nodiscard]] PipelineReport report() const { return pipeline_.report(); }
  [[nodiscard]] std::vector<PipelineResult> results() const { return pipeline_.results(); }

  /// Aborts and joins. Does nothing if nothing runs.
  void shut_down() noexcept {
    pipeline_.stop(StopMode::abort);
    while (!pipeline_.wait_for(std::chrono::hours(1))) {
    }
  }

 private:
  Pipeline make(PipelineOptions options) {
    detail::validate(options);
    options.begin_run = [this, begin = std::move(options.begin_run),
                         end = options.end_run](const std::stop_token& stop) {
      if (begin) begin(stop);
      try {
        this->begin_run(stop);
      } catch (...) {
        if (end) detail::call_quietly(end, WorkOutcome::failed);
        throw;
      }
    };
    options.end_run = [this, end = std::move(options.end_run)](WorkOutcome outcome) {
      try {
        this->end_run(outcome);
      } catch (...) {
        if (end) detail::call_quietly(end, WorkOutcome::failed);
        throw;
      }
      if (end) end(outcome);
    };
    auto source = pipeline_of<Job>(
        [this](std::size_t count, const std::stop_token& stop) { return this->refill(count, stop); });
    auto fetched = add_fetch(std::move(source), options.fetch);
    auto processed = add_process(std::move(fetched), options.process);
    return add_store(std::move(processed), options.store).build(std::move(options));
  }

  /// A stage whose hook takes one item, or many.
  template <bool is_batched, class T, class Hook>
  static auto add(PipelineBuilder<T> chain, const char* name, const StageOptions& options, Hook hook) {
    if constexpr (is_batched) {
      return std::move(chain).batch(options.batch).stage(name, options, std::move(hook));
    } else {
      return std::move(chain).stage(name, options, std::move(hook));
    }
  }

  auto add_fetch(PipelineBuilder<Job> chain, const StageOptions& options) {
    if constexpr (detail::is_per_worker<Fetched>) {
      return add<detail::StageValue<Fetched, Job>::is_batched>(
          std::move(chain), "fetch", options, per_worker([this] { return this->make_fetch(); }));
    } else if constexpr (FetchTraits::is_stream && FetchTraits::is_async) {
      return std::move(chain).template stream<FetchedValue>(
          "fetch", options,
          [this](WorkItem<Job>& item, AsyncEmitter<FetchedValue>& out, const std::stop_token& stop) {
            return this->fetch(item, out, stop);
          });
    } else if constexpr (FetchTraits::is_stream) {
      return std::move(chain).template stream<FetchedValue>(
          "fetch", options,
          [this](WorkItem<Job>& item, Emitter<FetchedValue>& out, const std::stop_token& stop) {
            this->fetch(item, out, stop);
          });
    } else {
      using Argument = detail::HookArgument<Job, FetchTraits::is_batched>;
      return add<FetchTraits::is_batched>(
          std::move(chain), "fetch", options,
          [this](Argument item, const std::stop_token& stop) { return this->fetch(item, stop); });
    }
  }

  auto add_process(PipelineBuilder<FetchedValue> chain, const StageOptions& options) {
    if constexpr (detail::is_per_worker<Processed>) {
      return add<detail::StageValue<Processed, FetchedValue>::is_batched>(
          std::move(chain), "process", options, per_worker([this] { return this->make_process(); }));
    } else {
      using Argument = detail::HookArgument<FetchedValue, ProcessTraits::is_batched>;
      return add<ProcessTraits::is_batched>(
          std::move(chain), "process", options,
          [this](Argument item, const std::stop_token& stop) { return this->process(item, stop); });
    }
  }

  auto add_store(PipelineBuilder<ProcessedValue> chain, const StageOptions& options) {
    if constexpr (detail::is_per_worker<Stored>) {
      return add<detail::StageValue<Stored, ProcessedValue>::is_batched>(
          std::move(chain), "store", options, per_worker([this] { return this->make_store(); }));
    } else {
      using Argument = detail::HookArgument<ProcessedValue, StoreTraits::is_batched>;
      return add<StoreTraits::is_batched>(
          std::move(chain), "store", options,
          [this](Argument item, const std::stop_token& stop) { return this->store(item, stop); });
    }
  }

  Pipeline pipeline_;
};

/// A pipeline that may be destroyed while it runs: it aborts and joins before the members of P are destroyed.
template <class P>
class Joined final : public P {
 public:
  using P::P;
  ~Joined() override { this->shut_down(); }
};

}  // namespace leat
