#pragma once

#include "leat/pipeline/async_emitter.hpp"
#include "leat/pipeline/awaitable.hpp"
#include "leat/pipeline/detail/async_stage.hpp"
#include "leat/pipeline/hook_shape.hpp"

// The definitions that coroutine hooks need: Awaitable, AsyncEmitter, and the stages that run coroutines on
// Boost.Asio. Include this header before or after etl_pipeline.hpp or pipeline_builder.hpp. Pipelines whose
// hooks all block are compiled without Boost.

namespace leat::detail {

template <class T>
struct CoroutineOf {
  using Value = Awaitable<T>;
  using Nothing = Awaitable<void>;
};

template <class T>
struct AwaitedOf<Awaitable<T>> {
  static constexpr bool is_awaitable = true;
  using Type = T;
};

}  // namespace leat::detail
