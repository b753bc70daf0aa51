#pragma once

#include "jobs/named/attempt_plan.hpp"

namespace leat::jobs_detail {

/// Of a job that was done before; `remark` says what that means for the caller.
[[nodiscard]] JobReport earlier_report(const JobRecord& record, const CopyTableOptions& options,
                                       JobKeeper& keeper, std::string_view remark);

}  // namespace leat::jobs_detail
