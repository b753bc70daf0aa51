#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "jobs/run/row_move.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

/// What the writers of a job's units share; what it refers to outlives them.
struct LedgerWriting {
  LedgerWriting(const PreparedLoad& of, const UnitSource& from, const CopyTableOptions& by, JobLease held,
                LoadSetup each)
      : load(of), source(from), options(by), lease(std::move(held)), part(std::move(each)) {}

  const PreparedLoad& load;
  const UnitSource& source;
  const CopyTableOptions& options;
  const JobLease lease;
  const LoadSetup part;  ///< of each unit
  // Of units that were committed
  std::atomic<std::uint64_t> inserted{0};
  std::atomic<std::uint64_t> suppressed{0};
};

/// Writes units, each in a transaction together with its row in the ledger, on a session of its own that is
/// opened anew where it is lost. A COMMIT whose answer was lost is resolved.
[[nodiscard]] std::unique_ptr<UnitWriter> make_ledger_writer(LedgerWriting& shared, RowMove& move);

}  // namespace leat::jobs_detail
