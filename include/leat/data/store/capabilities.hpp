#pragma once

namespace leat {

/// What a store can do: data, so that plans, documents and tests can read it.
struct StoreCapabilities {
  bool snapshot = false;         ///< one reader sees one state
  bool shared_snapshot = false;  ///< several readers, and several processes, can see the same one
  bool transactions = false;     ///< a load is there as a whole or not at all
  bool exact_counts = false;     ///< the store itself counts the rows that it gives or takes
  bool ledger = false;           ///< a unit's rows and its LedgerLine are committed together
};

}  // namespace leat
