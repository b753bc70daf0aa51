#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "leat/runs/run_report.hpp"

namespace leat::runs_detail {

/// A line of the charts: a load, or one table of a load of many. It points into the run's report.
struct HtmlRow {
  std::string name{};
  bool is_part = false;  ///< a table of the load above it
  LoadStatus status = LoadStatus::cancelled;
  bool was_begun = false;
  std::size_t attempts = 0;
  const JobReport* report = nullptr;
  const Error* error = nullptr;
  std::string waits_for{};
  std::chrono::nanoseconds begun{};
  std::chrono::nanoseconds elapsed{};
};

[[nodiscard]] std::vector<HtmlRow> html_rows(const RunReport& report);

/// How a status is told: not by its colour alone.
struct HtmlStatus {
  std::string_view css;     ///< the class of what has its colour, and the name of its pattern
  std::string_view symbol;  ///< escaped
  std::string_view words;
};

[[nodiscard]] const HtmlStatus& html_status(LoadStatus status);

}  // namespace leat::runs_detail
