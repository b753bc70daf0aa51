#pragma once

#include <optional>
#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/data/read_options.hpp"
#include "leat/data/row_batch.hpp"

namespace leat {

/// Where rows come from, in their order. Used by one thread at a time.
class LEAT_EXPORT RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  /// Starts reading: from here on the store works. Called once.
  virtual void open(const ReadOptions& options, std::stop_token stop) = 0;
  /// The next batch, which holds at least one row, or nullopt at the end. The store's own count of rows, if
  /// it has one, has been compared then.
  virtual std::optional<RowBatch> read(std::stop_token stop) = 0;
};

}  // namespace leat
