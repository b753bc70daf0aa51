#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "leat/data/row_batch.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// Cleared batches that wait to be filled again, so that buffers are allocated once. Thread-safe; never
/// blocks for a batch: when none waits, a new one is made. Batches may outlive the pool.
class RowBatchPool {
 public:
  /// Keeps at most `limit` batches (zero: none). Each new one has room for `reserve_bytes`. A batch that has
  /// grown beyond four times that is not kept, so that one wide row does not hold its memory for ever.
  explicit RowBatchPool(std::size_t limit, std::size_t reserve_bytes = 0);

  /// An empty batch of `schema`, which must not be null.
  [[nodiscard]] RowBatch acquire(std::shared_ptr<const Schema> schema);

  /// Takes a batch back; its rows are forgotten.
  void release(RowBatch&& batch) noexcept;

  /// Batches that wait.
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
