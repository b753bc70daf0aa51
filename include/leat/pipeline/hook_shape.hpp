#pragma once

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

/// A stage of coroutines. Defined by async.hpp.
template <class In, class Out, class Hook, bool stream>
class AsyncStage;

/// The properties of a hook that its type argument determines.
template <class R>
struct HookTraits {
  using Value = R;
  using Return = R;
  static constexpr bool is_async = false;
  static constexpr bool is_stream = false;
};
template <class R>
struct HookTraits<Async<R>> {
  static_assert(HasCoroutines<R>, "ETLPipeline: Async<> needs #include <leat/pipeline/async.hpp>");
  using Value = R;
  using Return = typename CoroutineOf<R>::Value;
  static constexpr bool is_async = true;
  static constexpr bool is_stream = false;
};
template <class R>
struct HookTraits<Stream<R>> {
  using Value = R;
  using Return = void;
  static constexpr bool is_async = false;
  static constexpr bool is_stream = true;
};
template <class R>
struct HookTraits<Async<Stream<R>>> {
  static_assert(HasCoroutines<R>, "ETLPipeline: Async<> needs #include <leat/pipeline/async.hpp>");
  using Value = R;
  using Return = typename CoroutineOf<R>::Nothing;
  static constexpr bool is_async = true;
  static constexpr bool is_stream = true;
};

}  // namespace detail
}  // namespace leat
