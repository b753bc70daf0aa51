#pragma once

#include <functional>
#include <utility>

#include "leat/pipeline/awaitable.hpp"

namespace leat {

/// Emitter for a stream hook that is a coroutine. Valid while the hook runs; used on the hook's executor.
template <class T>
class AsyncEmitter {
 public:
  /// Hands the value on. Waits, without blocking the thread, while there is no room.
  [[nodiscard]] Awaitable<void> emit(T value) { return send_(std::move(value)); }

  using Send = std::function<Awaitable<void>(T)>;
  explicit AsyncEmitter(Send send) : send_(std::move(send)) {}

 private:
  Send send_;
};

}  // namespace leat
