#include "leat/data/row_batch.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "leat/data/row_batch_pool.hpp"

namespace leat {

RowBatch::RowBatch(std::shared_ptr<const Schema> schema, std::size_t reserve_bytes)
    : schema_(std::move(schema)), buffer_(reserve_bytes) {
  assert(schema_);
}

RowBatch RowBatch::adopt(std::shared_ptr<const Schema> schema, std::byte* row, std::size_t size,
                         void (*release)(void*)) {
  detail::ByteBuffer buffer(row, size, release);
  RowBatch batch(std::move(schema));
  batch.buffer_ = std::move(buffer);
  batch.ends_.push_back(size);
  return batch;
}

void RowBatch::clear() noexcept {
  ends_.clear();
  buffer_.truncate(0);
  first_row_ = 0;
}

void RowBatch::reserve_rows() {
  try {
    ends_.reserve(std::max(ends_.size() * 2, std::size_t{16}));
  } catch (...) {
    buffer_.truncate(bytes());
    throw;
  }
}

RowBatchPool::RowBatchPool(std::size_t limit, std::size_t reserve_bytes)
    : limit_(limit), reserve_bytes_(reserve_bytes) {
  idle_.reserve(limit);
}

RowBatch RowBatchPool::acquire(std::shared_ptr<const Schema> schema) {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      RowBatch batch = std::move(idle_.back());
      idle_.pop_back();
      batch.schema_ = std::move(schema);
      return batch;
    }
  }
  return RowBatch(std::move(schema), reserve_bytes_);
}

void RowBatchPool::release(RowBatch&& batch) noexcept {
  RowBatch taken = std::move(batch);
  if (reserve_bytes_ > 0 && taken.capacity() / 4 > reserve_bytes_) return;
  taken.clear();
  taken.schema_.reset();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < limit_) idle_.push_back(std::move(taken));
}

std::size_t RowBatchPool::idle() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace leat
