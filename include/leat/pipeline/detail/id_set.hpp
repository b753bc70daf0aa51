#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "leat/core/detail/spin_lock.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat::detail {

/// The records whose given ids are on their way. It allocates nothing for a record: chains run through the
/// records themselves, which take themselves out at their end. It outlives them. Thread-safe.
class IdSet {
 public:
  /// False, and nothing changes, where another record of this id is in.
  [[nodiscard]] bool insert(ItemRecord& record);
  /// Of a record that is in.
  void remove(ItemRecord& record) noexcept;

 private:
  static constexpr std::size_t shard_count = 16;

  struct alignas(64) Shard {
    SpinLock lock{};
    std::vector<ItemRecord*> chains{};  // a power of two of them, or none
    std::size_t size = 0;
  };
  static void grow(Shard& shard);

  std::array<Shard, shard_count> shards_;
};

}  // namespace leat::detail
