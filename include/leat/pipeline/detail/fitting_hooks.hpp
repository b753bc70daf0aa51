#pragma once

#include <concepts>
#include <cstddef>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "leat/pipeline/detail/worker_hook.hpp"
#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"
#include "leat/pipeline/pipeline_options.hpp"
#include "leat/pipeline/refill.hpp"

namespace leat::detail {

/// E: the emitter.
template <class Hook, class T, class E>
concept StreamHook = requires(Hook& hook, WorkItem<T>& item, E& emitter, const std::stop_token& stop) {
  hook(item, emitter, stop);
};
/// What into() takes.
template <class Sink>
concept StageSink = requires(Sink& sink) {
  { sink.commit_point() } -> std::same_as<CommitPoint>;
  sink.writer();
};
/// The writer of a sink, to which a stage gives that.
template <class Writer, class Argument>
concept TakesItems = requires(Writer& writer, Argument items, const std::stop_token& stop) {
  writer(static_cast<Argument>(items), stop);
};
template <class Hook, class T>
concept RefillHook = std::is_invocable_r_v<Refill<T>, Hook&, std::size_t, const std::stop_token&>;

// Whether a hook fits where it is given. One that does not is a mistake of the caller's, which these say in a
// sentence; where they were constraints, compilers would list candidates. They return it too, so that the
// caller does not go on with what cannot compile.

template <class T>
constexpr bool may_go_on() {
  static_assert(!std::is_void_v<T>, "a stage that returns nothing is the last one");
  return !std::is_void_v<T>;
}

template <class Hook, class T>
constexpr bool fits_stage() {
  if constexpr (may_go_on<T>()) {
    constexpr bool fits = StageHook<WorkerHookOf<Hook>, T>;
    static_assert(
        fits,
        "stage(): a hook is called as hook(WorkItem<T>&, const std::stop_token&), where T is what the "
        "stage before it makes; one that takes a Batch<T> stands behind .batch()");
    return fits;
  } else {
    return false;
  }
}

template <class Hook, class T>
constexpr bool fits_batch() {
  if constexpr (may_go_on<T>()) {
    constexpr bool fits = BatchHook<WorkerHookOf<Hook>, T>;
    static_assert(
        fits,
        "stage() behind .batch(): a hook is called as hook(Batch<T>, const std::stop_token&), where T "
        "is what the stage before it makes");
    return fits;
  } else {
    return false;
  }
}

template <class Hook, class T, class R>
constexpr bool fits_stream() {
  if constexpr (may_go_on<T>()) {
    constexpr bool fits =
        StreamHook<WorkerHookOf<Hook>, T, Emitter<R>> || StreamHook<Hook, T, AsyncEmitter<R>>;
    static_assert(fits,
                  "stream<R>(): a hook is called as hook(WorkItem<T>&, Emitter<R>&, const std::stop_token&), "
                  "where T is what the stage before it makes; a coroutine takes an AsyncEmitter<R>&");
    return fits;
  } else {
    return false;
  }
}

/// Argument: WorkItem<T>&, or Batch<T> behind batch().
template <class Sink, class T, class Argument>
constexpr bool fits_into() {
  static_assert(StageSink<Sink>,
                "into(): it is called as into(name, StageOptions, sink), where sink is a TableSink, a "
                "CopySink<T>, or has commit_point() and writer() as they have");
  if constexpr (!StageSink<Sink>) {
    return false;
  } else if constexpr (may_go_on<T>()) {
    constexpr bool fits = TakesItems<decltype(std::declval<Sink&>().writer()), Argument>;
    static_assert(
        fits,
        "into(): the sink does not take what the stage before it makes, T, or Batch<T> behind batch(): T is "
        "that of a CopySink<T>, or RowBatch for a TableSink");
    return fits;
  } else {
    return false;
  }
}

template <class Hook, class T>
constexpr bool fits_refill() {
  constexpr bool fits = RefillHook<Hook, T>;
  static_assert(fits,
                "pipeline_of<T>(): refill is called as refill(std::size_t count, const std::stop_token&) and "
                "returns a Refill<T>");
  return fits;
}

}  // namespace leat::detail
