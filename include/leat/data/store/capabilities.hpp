#pragma once

#include <vector>

#include "leat/data/store/write_mode.hpp"

namespace leat {

/// What a store can do: data, so that plans, documents and tests can read it.
struct StoreCapabilities {
  bool snapshot = false;           ///< one reader sees one state
  bool shared_snapshot = false;    ///< several readers, and several processes, can see the same one
  bool transactions = false;       ///< a load is there as a whole or not at all
  bool exact_counts = false;       ///< the store itself counts the rows that it gives or takes
  bool ledger = false;             ///< a unit's rows and its LedgerLine are committed together
  std::vector<WriteMode> modes{};  ///< of loads; none: rows are only read from it
};

}  // namespace leat
