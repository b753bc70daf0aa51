#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "leat/core/byte_weight.hpp"
#include "leat/core/memory_budget.hpp"
#include "leat/data/row_batch.hpp"

namespace leat {

/// Rows on their way between two threads, with their share of a memory budget.
struct HeldBatch {
  RowBatch rows;
  MemoryBudget::Lease lease{};
  /// Rows that a row hook has written into tables beside, in its order of them; empty without such tables.
  std::vector<RowBatch> beside{};

  explicit HeldBatch(RowBatch batch, MemoryBudget::Lease held = {})
      : rows(std::move(batch)), lease(std::move(held)) {}
};

/// The memory of the rows, in bytes.
[[nodiscard]] inline std::size_t byte_weight(const HeldBatch& batch) noexcept {
  std::size_t weight = byte_weight_of(batch.rows);
  for (const auto& rows : batch.beside) weight += byte_weight_of(rows);
  return weight;
}

}  // namespace leat
