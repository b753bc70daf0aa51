#pragma once

#include <cstdint>
#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/data/row_batch.hpp"

namespace leat {

/// Where rows go, within one transaction of a store. Used by one thread at a time.
class LEAT_EXPORT RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;

  /// Starts writing. Called once, before the first batch.
  virtual void begin(RowFormat format, std::stop_token stop) = 0;
  /// @throws Error with the store's own code.
  virtual void write(const RowBatch& batch, std::stop_token stop) = 0;
  /// Notices, without waiting, that the store has ended the load.
  virtual void check(std::stop_token stop) = 0;
  /// All rows were given. Returns how many the store counts; nobody else sees them yet.
  virtual std::uint64_t finish(std::stop_token stop) = 0;
};

}  // namespace leat
