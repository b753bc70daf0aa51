#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runs/html_rows.hpp"

// Sections of a run's page: each a table, so that it is read aloud row by row, with a drawing in SVG in each
// row. Lengths in it are parts of the cell, so that it fits a telephone and paper.
namespace leat::runs_detail {

/// Patterns and colours that the drawings of a page have in common.
[[nodiscard]] std::string html_patterns();

/// When each load began, and how long it took.
[[nodiscard]] std::string html_timeline(const std::vector<HtmlRow>& rows, std::chrono::nanoseconds whole);

/// Rows and bytes a second. Empty if nothing was loaded.
[[nodiscard]] std::string html_throughput(const std::vector<HtmlRow>& rows);

/// What each load waited for. Empty if nothing was loaded.
[[nodiscard]] std::string html_waits(const std::vector<HtmlRow>& rows);

/// "<th scope=row>" with the load's name.
[[nodiscard]] std::string html_name_cell(const HtmlRow& row);
/// The status, as its symbol and in words.
[[nodiscard]] std::string html_badge(LoadStatus status, std::string_view words);

}  // namespace leat::runs_detail
