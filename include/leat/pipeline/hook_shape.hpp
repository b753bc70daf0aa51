#pragma once

#include <stop_token>
#include <type_traits>
#include <vector>

#include "leat/pipeline/batch.hpp"
#include "leat/pipeline/per_worker.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat {

/// Wraps a type argument of ETLPipeline: the hook is a coroutine that returns Awaitable<T>. Needs
/// leat/pipeline/async.hpp, included before or after etl_pipeline.hpp.
template <class T>
struct Async {};

/// Wraps a type argument of ETLPipeline: the hook makes many T of one item and gives them to an emitter.
template <class T>
struct Stream {};

/// Takes the results of a stream hook that is a coroutine. Defined by leat/pipeline/async.hpp.
template <class T>
class AsyncEmitter;

namespace detail {

/// The return types of coroutine hooks. Defined by async.hpp, so that pipelines without coroutines do not
/// need Asio.
template <class T>
struct CoroutineOf;

template <class T>
concept HasCoroutines = requires {
  sizeof(CoroutineOf<T>);
};

/// Whether a type can be awaited. async.hpp specialises it for Awaitable.
template <class Return>
struct AwaitedOf {
  static constexpr bool is_awaitable = false;
};

/// A type that looks like an awaitable, whether or not async.hpp is included.
template <class Return>
concept Awaiter = requires(Return& value) {
  value.await_ready();
};

/// Stages of coroutines. Defined by async.hpp.
template <class In, class Out, class Hook, bool stream>
class AsyncStage;
template <class In, class Out, class Hook>
class AsyncBatchStage;

/// What a hook takes.
template <class T, bool is_batched>
using HookArgument = std::conditional_t<is_batched, Batch<T>, WorkItem<T>&>;
/// What a hook returns that takes many items.
template <class R>
struct ValuesOf {
  using Type = std::vector<R>;
};
template <>
struct ValuesOf<void> {
  using Type = void;
};

/// The properties of a hook that its type argument determines.
template <class R>
struct HookTraits {
  using Value = R;
  using Return = R;
  static constexpr bool is_async = false;
  static constexpr bool is_stream = false;
  static constexpr bool is_batched = false;
};
template <class R>
struct HookTraits<Batched<R>> {
  using Value = R;
  using Return = typename ValuesOf<R>::Type;
  static constexpr bool is_async = false;
  static constexpr bool is_stream = false;
  static constexpr bool is_batched = true;
};
template <class R>
struct HookTraits<Async<R>> {
  static_assert(HasCoroutines<R>, "ETLPipeline: Async<> needs #include <leat/pipeline/async.hpp>");
  using Value = R;
  using Return = typename CoroutineOf<R>::Value;
  static constexpr bool is_async = true;
  static constexpr bool is_stream = false;
  static constexpr bool is_batched = false;
};
template <class R>
struct HookTraits<Async<Batched<R>>> {
  static_assert(HasCoroutines<R>, "ETLPipeline: Async<> needs #include <leat/pipeline/async.hpp>");
  using Value = R;
  using Return = typename CoroutineOf<typename ValuesOf<R>::Type>::Value;
  static constexpr bool is_async = true;
  static constexpr bool is_stream = false;
  static constexpr bool is_batched = true;
};
template <class R>
struct HookTraits<Stream<R>> {
  using Value = R;
  using Return = void;
  static constexpr bool is_async = false;
  static constexpr bool is_stream = true;
  static constexpr bool is_batched = false;
};
template <class R>
struct HookTraits<Async<Stream<R>>> {
  static_assert(HasCoroutines<R>, "ETLPipeline: Async<> needs #include <leat/pipeline/async.hpp>");
  using Value = R;
  using Return = typename CoroutineOf<R>::Nothing;
  static constexpr bool is_async = true;
  static constexpr bool is_stream = true;
  static constexpr bool is_batched = false;
};

/// Hooks of stages that take one item, or many.
template <class Hook, class T>
concept StageHook = requires(Hook& hook, WorkItem<T>& item, const std::stop_token& stop) {
  hook(item, stop);
};
template <class Hook, class T>
concept BatchHook = requires(Hook& hook, Batch<T> items, const std::stop_token& stop) {
  hook(items, stop);
};
template <class Hook, class Argument>
using HookReturn = std::invoke_result_t<Hook&, Argument, const std::stop_token&>;

/// The type of one value of what a hook returns that takes many items: void, or R of std::vector<R>.
template <class Return>
struct ValueIn {
  static_assert(std::is_void_v<Return>,
                "a hook that takes many items returns nothing, or std::vector<R> with a value for each");
  using Type = void;
};
template <class R>
struct ValueIn<std::vector<R>> {
  using Type = R;
};

/// The payload that a stage's hook makes, by the type argument of the stage and the payload that it takes.
template <class Argument, class In>
struct StageValue {
  using Type = typename HookTraits<Argument>::Value;
};
template <class Hook, class In>
struct StageValue<PerWorker<Hook>, In> {
  static_assert(StageHook<Hook, In> || BatchHook<Hook, In>,
                "ETLPipeline: PerWorker<Hook> calls hook(WorkItem<T>&, const std::stop_token&) or "
                "hook(Batch<T>, const std::stop_token&), T being what the stage before it makes");
  static constexpr bool is_batched = !StageHook<Hook, In>;
  using Return = HookReturn<Hook, HookArgument<In, is_batched>>;
  template <bool batched, class R>
  struct Of {
    using Type = R;
  };
  template <class R>
  struct Of<true, R> {
    using Type = typename ValueIn<R>::Type;
  };
  using Type = typename Of<is_batched, Return>::Type;
};

}  // namespace detail
}  // namespace leat
