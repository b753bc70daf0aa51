#pragma once

#include <string>

#include "bed.hpp"

namespace leat::test {

/// A copy of public.t in that mode.
[[nodiscard]] inline CopyTableOptions copy_by(const Bed& bed, WriteMode mode,
                                              std::vector<std::string> key = {}) {
  auto options = bed.copy();
  options.mode = mode;
  options.key = std::move(key);
  return options;
}

/// "3 inserted, 1 updated, …" of what is not zero.
[[nodiscard]] inline std::string changes(const JobReport& report) {
  std::string text;
  const auto add = [&text](std::uint64_t count, const char* name) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + name;
  };
  add(report.rows_inserted, "inserted");
  add(report.rows_updated, "updated");
  add(report.rows_unchanged, "unchanged");
  add(report.rows_superseded, "superseded");
  add(report.rows_suppressed, "suppressed");
  add(report.rows_deleted.value_or(0), "deleted");
  return text;
}

/// Runs the job and checks that its numbers add up.
inline std::string run_changes(const CopyTableOptions& options) {
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_written == report.rows_inserted + report.rows_updated);
  CHECK(report.rows_read == report.rows_written + report.rows_unchanged + report.rows_superseded +
                                report.rows_dropped + report.rows_rejected + report.rows_suppressed);
  return changes(report);
}

}  // namespace leat::test
