#pragma once

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"
#include "leat/pipeline/pipeline_builder.hpp"

namespace leat {
namespace detail {

template <class R>
concept Payload = std::is_object_v<R> && std::is_nothrow_move_constructible_v<R>;

/// The hook `fetch`. Its signature depends on the type argument Fetched.
template <class Job, class Fetched>
class FetchHook {
 public:
  /// Fetches the data of one job. Called by `fetch.workers` threads at the same time.
  virtual typename HookTraits<Fetched>::Return fetch(WorkItem<Job>& item, const std::stop_token& stop) = 0;

 protected:
  ~FetchHook() = default;
};
template <class Job, class T>
class FetchHook<Job, Stream<T>> {
 public:
  /// Fetches the data of one job, with one emit() for each part of it.
  virtual void fetch(WorkItem<Job>& item, Emitter<T>& out, const std::stop_token& stop) = 0;

 protected:
  ~FetchHook() = default;
};
template <class Job, class T>
class FetchHook<Job, Async<Stream<T>>> {
 public:
  virtual typename HookTraits<Async<Stream<T>>>::Return fetch(WorkItem<Job>& item, AsyncEmitter<T>& out,
                                                              const std::stop_token& stop) = 0;

 protected:
  ~FetchHook() = default;
};

}  // namespace detail

/// Many items, three stages, bounded memory. Override four hooks, then call run().
///
///     refill ──▶ fetch ──▶ process ──▶ store
///
/// The type arguments are the return types of the hooks: Fetched fetch(WorkItem<Job>&), Processed
/// process(WorkItem<Fetched>&), Stored store(WorkItem<Processed>&). Async<T> makes a hook a coroutine that
/// returns Awaitable<T>; it needs leat/pipeline/async.hpp. Stream<T> as Fetched makes many T of one job. An
/// override with a wrong signature does not compile.
///
/// Hooks of blocking stages are called by several threads at the same time. Coroutines of a stage run one at
/// a time. The stop token of a hook asks it to end; an exception that it throws after that is not taken for
/// an error.
///
/// Lifetime: the destructor aborts and joins, but by then the members of a subclass are already destroyed. If
/// an object may be destroyed while it runs, its class must call shut_down() in its own destructor. Joined<P>
/// does that for any P.
template <class Job, class Fetched, class Processed, class Stored = void>
class ETLPipeline : public detail::FetchHook<Job, Fetched> {
  using FetchTraits = detail::HookTraits<Fetched>;
  using ProcessTraits = detail::HookTraits<Processed>;
  using StoreTraits = detail::HookTraits<Stored>;
  using FetchedValue = typename FetchTraits::Value;
  using ProcessedValue = typename ProcessTraits::Value;
  using StoredValue = typename StoreTraits::Value;

  static_assert(detail::Payload<Job>, "ETLPipeline: Job must be an object type that moves without throwing");
  static_assert(detail::Payload<FetchedValue>,
                "ETLPipeline: Fetched must be an object type that moves without throwing, or Async<> or "
                "Stream<> of one");
  static_assert(
      detail::Payload<ProcessedValue>,
      "ETLPipeline: Processed must be an object type that moves without throwing, or Async<> of one");
  static_assert(!ProcessTraits::is_stream && !StoreTraits::is_stream,
                "ETLPipeline: only Fetched can be a Stream<>; use pipeline_of() for other shapes");
  static_assert(
      std::is_void_v<StoredValue> || detail::Payload<StoredValue>,
      "ETLPipeline: Stored must be void or an object type that moves without throwing, or Async<> of one");

 public:
  /// @throws Error (config) that names an option that is out of range.
  explicit ETLPipeline(PipelineOptions options = {}) : pipeline_(make(std::move(options))) {}
  ETLPipeline(const ETLPipeline&) = delete;
  ETLPipeline& operator=(const ETLPipeline&) = delete;
  virtual ~ETLPipeline() { shut_down(); }

  /// Returns up to `count` new items; there is room for that many. See Refill. Called on one thread, as soon
  /// as there is room.
  virtual Refill<Job> refill(std::size_t count, const std::stop_token& stop) = 0;
  virtual typename ProcessTraits::Return process(WorkItem<FetchedValue>& item,
                                                 const std::stop_token& stop) = 0;
  virtual typename StoreTraits::Return store(WorkItem<ProcessedValue>& item, const std::stop_token& stop) = 0;

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
    validate(options);
    auto source = pipeline_of<Job>(
        [this](std::size_t count, const std::stop_token& stop) { return this->refill(count, stop); });
    return add_fetch(std::move(source), options.fetch)
        .stage("process", options.process,
               [this](WorkItem<FetchedValue>& item, const std::stop_token& stop) {
                 return this->process(item, stop);
               })
        .stage("store", options.store,
               [this](WorkItem<ProcessedValue>& item, const std::stop_token& stop) {
                 return this->store(item, stop);
               })
        .build(std::move(options));
  }

  PipelineBuilder<FetchedValue> add_fetch(PipelineBuilder<Job> source, StageOptions options) {
    if constexpr (FetchTraits::is_stream && FetchTraits::is_async) {
      return std::move(source).template stream<FetchedValue>(
          "fetch", std::move(options),
          [this](WorkItem<Job>& item, AsyncEmitter<FetchedValue>& out, const std::stop_token& stop) {
            return this->fetch(item, out, stop);
          });
    } else if constexpr (FetchTraits::is_stream) {
      return std::move(source).template stream<FetchedValue>(
          "fetch", std::move(options),
          [this](WorkItem<Job>& item, Emitter<FetchedValue>& out, const std::stop_token& stop) {
            this->fetch(item, out, stop);
          });
    } else {
      return std::move(source).stage(
          "fetch", std::move(options),
          [this](WorkItem<Job>& item, const std::stop_token& stop) { return this->fetch(item, stop); });
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
