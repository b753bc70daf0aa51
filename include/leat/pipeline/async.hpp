#pragma once

#include <boost/asio/awaitable.hpp>

namespace leat {

/// What a coroutine hook returns.
template <class T>
using Awaitable = boost::asio::awaitable<T>;

/// Around a type argument of ETLPipeline: the hook is a coroutine that returns Awaitable<T>.
template <class T>
struct Async {};

/// Around a type argument of ETLPipeline: the hook makes many T of one item and leaves them with an emitter.
template <class T>
struct Stream {};

namespace detail {

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
  using Value = R;
  using Return = Awaitable<R>;
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
  using Value = R;
  using Return = Awaitable<void>;
  static constexpr bool is_async = true;
  static constexpr bool is_stream = true;
};

}  // namespace detail
}  // namespace leat
