#include "leat/pipeline/detail/id_set.hpp"

#include <functional>
#include <mutex>
#include <string>

namespace leat::detail {

ItemRecord::~ItemRecord() {
  if (set != nullptr) set->remove(*this);
}

bool IdSet::insert(ItemRecord& record) {
  record.hash = std::hash<std::string>{}(record.id);
  Shard& shard = shards_[record.hash % shards_.size()];
  const std::size_t number = record.hash / shards_.size();
  const std::lock_guard lock(shard.lock);
  if (shard.size >= shard.chains.size()) grow(shard);
  ItemRecord*& chain = shard.chains[number & (shard.chains.size() - 1)];
  for (const ItemRecord* other = chain; other != nullptr; other = other->next) {
    if (other->hash == record.hash && other->id == record.id) return false;
  }
  record.next = chain;
  chain = &record;
  record.set = this;
  ++shard.size;
  return true;
}

void IdSet::remove(ItemRecord& record) noexcept {
  Shard& shard = shards_[record.hash % shards_.size()];
  const std::size_t number = record.hash / shards_.size();
  const std::lock_guard lock(shard.lock);
  ItemRecord** place = &shard.chains[number & (shard.chains.size() - 1)];
  while (*place != &record) place = &(*place)->next;
  *place = record.next;
  record.set = nullptr;
  --shard.size;
}

void IdSet::grow(Shard& shard) {
  std::vector<ItemRecord*> chains(shard.chains.empty() ? 64 : 2 * shard.chains.size());
  for (ItemRecord* record : shard.chains) {
    while (record != nullptr) {
      ItemRecord* const next = record->next;
      ItemRecord*& chain = chains[(record->hash / shard_count) & (chains.size() - 1)];
      record->next = chain;
      chain = record;
      record = next;
    }
  }
  shard.chains.swap(chains);
}

}  // namespace leat::detail
