#pragma once

#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/runs/run_report.hpp"

namespace leat {

/// A run as one page of HTML, for a browser and for paper: what each load has done, when, how fast, what it
/// waited for, its errors and remarks, and, if there is a plan, its columns and SQL. The page needs no other
/// file and has no script. All texts of servers and documents are escaped.
[[nodiscard]] LEAT_EXPORT std::string to_html(const RunReport& report, const RunPlan* plan = nullptr);

}  // namespace leat
