#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "leat/pipeline/work_item.hpp"

namespace leat {

/// Takes the results that a blocking stream hook makes of one item. Each result becomes an item of its own,
/// with the id "id/1", "id/2" and so on, and with the metadata of the original item. Valid while the hook
/// runs; used on the hook's thread.
template <class T>
class Emitter {
 public:
  /// Hands the value on. Blocks while there is no room. @throws Stopped
  void emit(T value) { send_(std::move(value)); }

  using Send = std::function<void(T)>;
  explicit Emitter(Send send) : send_(std::move(send)) {}

 private:
  Send send_;
};

namespace detail {

/// The record of the n-th item that a stream makes of another item; null if the other item has no record.
[[nodiscard]] std::unique_ptr<ItemRecord> record_of_emitted(const ItemRecord* parent, std::uint64_t number);

}  // namespace detail
}  // namespace leat
