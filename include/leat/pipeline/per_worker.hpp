#pragma once

#include <concepts>
#include <utility>

namespace leat {

/// How the work of a worker, or a run, has ended.
enum class WorkOutcome {
  done,     ///< all items have ended, and nothing has failed that stops the run
  failed,   ///< an item, refill or another worker has failed, and the run ends with that
  stopped,  ///< it was asked to stop
};

/// Wraps a factory of hooks for a stage. See per_worker().
template <class Make>
struct HookFactory {
  Make make;
};

/// A stage's hook of which each worker has its own, so it may keep a connection or a buffer without a lock:
/// `make` is called by each worker on its thread, and returns the hook. If the hook has begin(), it is called
/// before the first item; if it has end(WorkOutcome), that is called after the last one, once for each
/// begin() that has returned. What begin() or end(WorkOutcome::done) throws ends the run.
///
///     .stage("store", {.workers = 4}, per_worker([&] { return Store(options); }))
template <class Make>
[[nodiscard]] HookFactory<Make> per_worker(Make make) {
  return {std::move(make)};
}

/// Wraps a type argument of ETLPipeline: each worker of the stage has a Hook of its own, which
/// `make_fetch()`, `make_process()` or `make_store()` returns. See per_worker().
template <class Hook>
struct PerWorker {};

}  // namespace leat
