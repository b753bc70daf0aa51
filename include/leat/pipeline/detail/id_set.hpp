#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/detail/spin_lock.hpp"
#include "leat/pipeline/work_item.hpp"

namespace leat::detail {

/// The records of items on their way whose ids were given. It allocates nothing for a record: chains run
/// through the records themselves, and a record removes itself when it is destroyed. It outlives the records.
/// Thread-safe.
class LEAT_EXPORT IdSet {
 public:
  /// False, and nothing changes, if another record with this id is in the set.
  [[nodiscard]] bool insert(ItemRecord& record);
  /// For a record that is in the set.
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
