#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "leat/core/byte_weight.hpp"
#include "leat/core/bytes.hpp"

namespace leat {

template <class T>
class WorkItem;

/// How items are gathered for a hook that takes many at once. A batch is complete when it has `items` items
/// or `bytes` bytes, when its first item has waited for `wait`, or when no more items come.
struct BatchOptions {
  // Performance

  /// The most items of a batch. Must be > 0. A worker holds up to that many besides those of its queue.
  std::size_t items = 1000;
  /// The most bytes of a batch, by byte_weight() of the payload. An item that is heavier is a batch of its
  /// own. Zero: no limit. Not set: 8 MiB if the payload has a byte_weight(), else no limit.
  std::optional<ByteCount> bytes{};
  /// How long the first item of a batch waits for others. Zero: it is joined only by those that are there
  /// already. Must be >= 0.
  std::chrono::milliseconds wait{100};
};

/// The argument of a hook that takes many items at once: 1 to BatchOptions::items, in their order. The hook
/// may call fail() of some; the others are done when it returns. If it throws, all have failed.
template <class T>
using Batch = std::span<WorkItem<T>>;

/// Wraps a type argument of ETLPipeline: the hook takes a Batch. It returns std::vector<T> with a value for
/// each item, or nothing if T is void. Async<Batched<T>> is the same as a coroutine.
template <class T = void>
struct Batched {};

namespace detail {

/// The bound of what items weigh together, where one is not given: that of those who have a weight.
template <class T>
[[nodiscard]] constexpr ByteCount bound_of(const std::optional<ByteCount>& given) {
  return given.value_or(Weighed<T> ? ByteCount{8U << 20U} : ByteCount{});
}

}  // namespace detail
}  // namespace leat
