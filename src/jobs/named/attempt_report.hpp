#pragma once

#include "jobs/named/attempt_plan.hpp"
#include "jobs/prepare/load_scope.hpp"

namespace leat::jobs_detail {

/// What an attempt knows of itself at its end; all outlive it.
struct AttemptResult {
  const PreparedLoad& load;
  const LoadScope& scope;
  const AttemptFacts& facts;
  const RowCounters& done;  ///< by this process
  const JobReport& moved;   ///< what the move of the rows has to say
  bool is_published = false;
};

/// The report of a job that is done, as the ledger has it.
[[nodiscard]] JobReport attempt_report(const AttemptResult& result, const LoadCounts& counts,
                                       const JobRecord& record);

/// Of a job that was done before; `remark` says what that means for the caller.
[[nodiscard]] JobReport earlier_report(const JobRecord& record, const CopyTableOptions& options,
                                       JobKeeper& keeper, std::string_view remark);

}  // namespace leat::jobs_detail
