#pragma once

#include <cstdint>
#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/ledger_line.hpp"
#include "leat/data/store/row_sink.hpp"

namespace leat {

/// Writes rows into a store, one unit after the other, each in a transaction of its own. For each unit:
/// begin_unit(), then what RowSink says, then commit() or abandon(). Used by one thread at a time.
class LEAT_EXPORT StoreWriter : public RowSink {
 public:
  /// Starts a transaction for the unit of this number. False: its line is in the store's ledger already, and
  /// no transaction is open.
  [[nodiscard]] virtual bool begin_unit(std::int64_t number, const std::stop_token& stop) = 0;
  /// After finish(): commits the unit's rows and its line together. Whether a commit whose answer was lost
  /// has come through is asked here, so far as the store can say. @throws Error; in_doubt() if nobody knows.
  virtual void commit(const LedgerLine& line, const std::stop_token& stop) = 0;
  /// Takes back what was written since begin_unit().
  virtual void abandon() noexcept = 0;
};

}  // namespace leat
