#pragma once

#include <atomic>
#include <memory>

#include "jobs/run/row_move.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

/// What the writers of a job's units share; what it refers to outlives them.
struct LedgerWriting {
  const PreparedLoad& load;
  const UnitSource& source;
  const CopyTableOptions& options;
  const JobLease lease;
  const LoadSetup part;                    ///< of each unit
  std::atomic<std::uint64_t>& suppressed;  ///< of units that were committed
};

/// Writes units, each in a transaction together with its row in the ledger, on a session of its own that is
/// opened anew where it is lost. A COMMIT whose answer was lost is resolved.
[[nodiscard]] std::unique_ptr<UnitWriter> make_ledger_writer(const LedgerWriting& shared, RowMove& move);

}  // namespace leat::jobs_detail
