#pragma once

#include <utility>

#include "leat/core/byte_weight.hpp"
#include "leat/core/memory_budget.hpp"
#include "leat/data/row_batch.hpp"

namespace leat {

/// Rows on their way between two threads, with their share of a memory budget.
struct HeldBatch {
  RowBatch rows;
  MemoryBudget::Lease lease{};

  explicit HeldBatch(RowBatch batch, MemoryBudget::Lease held = {})
      : rows(std::move(batch)), lease(std::move(held)) {}
};

/// The memory of the rows, in bytes.
[[nodiscard]] inline std::size_t byte_weight(const HeldBatch& batch) noexcept {
  return byte_weight_of(batch.rows);
}

}  // namespace leat
