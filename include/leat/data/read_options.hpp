#pragma once

#include <chrono>

#include "leat/core/bytes.hpp"

namespace leat {

class RowBatchPool;

/// How rows are gathered into batches, by whatever reads them.
struct ReadOptions {
  /// A batch is handed on when it holds this much. A wider row travels alone. Must be > 0.
  ByteCount batch_bytes = ByteCount{1U << 20U};
  /// A batch that is not full is handed on when its first row has waited this long.
  std::chrono::milliseconds flush_after{200};
  /// Where batches come from; it must outlive the reader. Null: each batch is allocated.
  RowBatchPool* pool = nullptr;
};

}  // namespace leat
