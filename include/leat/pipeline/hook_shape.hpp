#pragma once

namespace leat {

/// Around a type argument of ETLPipeline: the hook is a coroutine that returns Awaitable<T>. Needs
/// leat/pipeline/async.hpp, before or after etl_pipeline.hpp.
template <class T>
struct Async {};

/// Around a type argument of ETLPipeline: the hook makes many T of one item and leaves them with an emitter.
template <class T>
struct Stream {};

/// Where a stream that is a coroutine leaves what it makes; defined by leat/pipeline/async.hpp.
template <class T>
class AsyncEmitter;

namespace detail {

/// What hooks that are coroutines return. Defined by async.hpp, so that whoever has none of them needs no
/// Asio.
template <class T>
struct CoroutineOf;

template <class T>
concept HasCoroutines = requires {
  sizeof(CoroutineOf<T>);
};

/// What can be awaited; async.hpp says it of Awaitable.
template <class Return>
struct AwaitedOf {
  static constexpr bool is_awaitable = false;
};

/// What looks like an awaitable, whether or not async.hpp is there to say so.
template <class Return>
concept Awaiter = requires(Return& value) {
  value.await_ready();
};

/// A stage of coroutines; defined by async.hpp.
template <class In, class Out, class Hook, bool stream>
class AsyncStage;

/// What a type argument says about its hook.
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
