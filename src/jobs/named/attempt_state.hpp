#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/named/job_keeper.hpp"
#include "jobs/named/lease_renewal.hpp"
#include "jobs/prepare/load_scope.hpp"
#include "jobs/run/row_move.hpp"
#include "leat/data/store/unit_source.hpp"

namespace leat::jobs_detail {

/// What an attempt has found of earlier ones.
struct AttemptFacts {
  std::size_t skipped = 0;             ///< units that are done already
  std::uint64_t rejected_earlier = 0;  ///< rows that those have rejected
  bool is_consistent = true;           ///< all that counts was read in one snapshot
  std::optional<TableName> staging{};  ///< where units wait to be published
  std::string into{};                  ///< which table they are committed into, see with_target()
  std::vector<std::string> remarks{};
};

/// What an attempt holds from its beginning to its end. Used by one thread at a time, but for `suppressed`.
struct AttemptState {
  const CopyTableOptions& options;
  JobKeeper& keeper;
  std::optional<JobLease> lease{};        ///< until the job is done
  std::optional<LeaseRenewal> renewal{};  ///< as long as rows travel
  PreparedLoad load{};
  std::shared_ptr<UnitSource> units{};
  std::optional<LoadScope> scope{};
  std::string snapshot{};  ///< that the rows are read in
  AttemptFacts facts{};
  std::atomic<std::uint64_t> suppressed{0};  ///< rows of units that were committed
  std::optional<RowMove> move{};

  /// The session with the target, opened anew where it was lost.
  [[nodiscard]] Connection& target(const std::stop_token& stop);
  /// As the ledger has the job. @throws Error (target) where it was forgotten.
  [[nodiscard]] JobRecord read_own_record(const std::stop_token& stop);
};

}  // namespace leat::jobs_detail
