#pragma once

#include <cstddef>
#include <stop_token>
#include <type_traits>

#include "leat/pipeline/detail/worker_hook.hpp"
#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"
#include "leat/pipeline/refill.hpp"

namespace leat::detail {

/// E: the emitter.
template <class Hook, class T, class E>
concept StreamHook = requires(Hook& hook, WorkItem<T>& item, E& emitter, const std::stop_token& stop) {
  hook(item, emitter, stop);
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

template <class Hook, class T>
constexpr bool fits_refill() {
  constexpr bool fits = RefillHook<Hook, T>;
  static_assert(fits,
                "pipeline_of<T>(): refill is called as refill(std::size_t count, const std::stop_token&) and "
                "returns a Refill<T>");
  return fits;
}

}  // namespace leat::detail
