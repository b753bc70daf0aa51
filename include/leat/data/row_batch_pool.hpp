#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// Keeps empty batches for reuse, so that buffers are allocated only once. Thread-safe. Never waits for a
/// batch: if none is idle, a new one is made. Batches may outlive the pool.
class LEAT_EXPORT RowBatchPool {
 public:
  /// Keeps at most `limit` batches (zero: none). Each new batch has room for `reserve_bytes`. A batch that
  /// has grown beyond four times that size is not kept, so that one large row does not hold its memory for
  /// ever.
  explicit RowBatchPool(std::size_t limit, std::size_t reserve_bytes = 0);

  /// An empty batch of `schema`, which must not be null.
  [[nodiscard]] RowBatch acquire(std::shared_ptr<const Schema> schema);

  /// Takes a batch back; its rows are removed.
  void release(RowBatch&& batch) noexcept;

  /// Number of batches that are ready for reuse.
  [[nodiscard]] std::size_t idle() const;

 private:
  // Constant after construction
  std::size_t limit_;
  std::size_t reserve_bytes_;

  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::vector<RowBatch> idle_;  // its capacity is limit_ from the start
};

}  // namespace leat
