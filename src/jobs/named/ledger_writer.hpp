#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <utility>

#include "jobs/run/slice_transfer.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

/// What the writers of a job's slices share.
struct LedgerWriting {
  LedgerWriting(JobLease of, LoadSetup part) : lease(std::move(of)), load(std::move(part)) {}

  const JobLease lease;
  const LoadSetup load;  ///< of a part
  // Of slices that were committed
  std::atomic<std::uint64_t> inserted{0};
  std::atomic<std::uint64_t> suppressed{0};
};

/// Writes slices, each in a transaction together with its row in the ledger, on a session of its own that is
/// opened anew where it is lost. A COMMIT whose answer was lost is resolved.
[[nodiscard]] std::unique_ptr<SliceWriter> make_ledger_writer(const SliceWriting& writing,
                                                              LedgerWriting& shared);

}  // namespace leat::jobs_detail
