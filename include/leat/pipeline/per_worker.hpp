#pragma once

#include <type_traits>
#include <utility>

namespace leat {

/// How the work of a worker, or of a run, has ended.
enum class WorkOutcome {
  /// There are no more items. Of a run: nothing has failed that it ends with. Of a worker that holds only
  /// with
  /// CommitPoint::run: else refill, a callback or another worker may have failed.
  done,
  failed,   ///< of a worker: by its own error; of a run: run() throws
  stopped,  ///< it was asked to stop; of a worker, also since another one has failed
};

/// Wraps a factory of hooks for a stage. See per_worker().
template <class Make>
struct HookFactory {
  Make make;
};

/// A stage's hook of which each worker has its own, so it may keep a connection or a buffer without a lock:
/// `make` is called by each worker on its thread, by several at the same time, and returns the hook. If the
/// hook has begin(), or begin(const std::stop_token&), that is called before the first item; if it has
/// end(WorkOutcome), that is called after the last one, once for each begin() that has returned. What begin()
/// or end(WorkOutcome::done) throws ends the run.
///
///     .stage("store", {.workers = 4}, per_worker([&] { return Store(options); }))
template <class Make>
[[nodiscard]] HookFactory<Make> per_worker(Make make) {
  static_assert(
      std::is_invocable_v<Make&>,
      "per_worker() takes a factory, not a hook: it is called as make() and returns the hook of a worker");
  return {std::move(make)};
}

/// Wraps a type argument of ETLPipeline: each worker of the stage has a Hook of its own, which
/// `make_fetch()`, `make_process()` or `make_store()` returns. See per_worker().
template <class Hook>
struct PerWorker {};

}  // namespace leat
