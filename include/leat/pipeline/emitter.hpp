#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "leat/pipeline/work_item.hpp"

namespace leat {

/// Where a blocking stream leaves what it makes of one item: each is an item of its own, with the id "id/1",
/// "id/2" and so on and the metadata of the one it was made of. Valid while the hook runs, on its thread.
template <class T>
class Emitter {
 public:
  /// Hands the value on, blocking while there is no room. @throws Stopped
  void emit(T value) { send_(std::move(value)); }

  using Send = std::function<void(T)>;
  explicit Emitter(Send send) : send_(std::move(send)) {}

 private:
  Send send_;
};

namespace detail {

/// The record of the n-th item that a stream makes of another; null where the other has none.
[[nodiscard]] std::unique_ptr<ItemRecord> record_of_emitted(const ItemRecord* parent, std::uint64_t number);

}  // namespace detail
}  // namespace leat
