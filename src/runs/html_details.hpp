#pragma once

#include <string>
#include <vector>

#include "runs/html_rows.hpp"

// Sections of a run's page that are words and figures. Each is empty if there is nothing to tell.
namespace leat::runs_detail {

/// What became of the rows of each load.
[[nodiscard]] std::string html_counts(const std::vector<HtmlRow>& rows);

/// What has failed, and what to do about it.
[[nodiscard]] std::string html_errors(const std::vector<HtmlRow>& rows);

/// Remarks on the run and on its loads.
[[nodiscard]] std::string html_remarks(const RunReport& report);

/// Columns and SQL of each load, folded.
[[nodiscard]] std::string html_plan(const RunPlan& plan);

}  // namespace leat::runs_detail
