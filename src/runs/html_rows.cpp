#include "runs/html_rows.hpp"

#include <array>

namespace leat::runs_detail {
namespace {

LoadStatus status_of_table(const CopiedTable& table) {
  if (table.error) {
    return table.error->kind() == ErrorKind::cancelled ? LoadStatus::cancelled : LoadStatus::failed;
  }
  return table.report.status == JobStatus::done_with_rejects ? LoadStatus::done_with_rejects
                                                             : LoadStatus::done;
}

HtmlRow row_of_table(const CopiedTable& table, const LoadOutcome& load) {
  HtmlRow row{.name = table.table,
              .is_part = true,
              .status = status_of_table(table),
              .was_begun = table.elapsed.count() > 0,
              .begun = load.begun + table.begun,
              .elapsed = table.elapsed};
  if (table.error) {
    row.error = &*table.error;
  } else {
    row.report = &table.report;
  }
  if (load.status == LoadStatus::rolled_back) {
    row.status = load.status;
    row.waits_for = load.waits_for;
    row.report = nullptr;
  }
  return row;
}

}  // namespace

std::vector<HtmlRow> html_rows(const RunReport& report) {
  std::vector<HtmlRow> rows;
  for (const auto& load : report.loads) {
    HtmlRow row{.name = load.name,
                .status = load.status,
                .was_begun = load.attempts > 0,
                .attempts = load.attempts,
                .waits_for = load.waits_for,
                .begun = load.begun,
                .elapsed = load.elapsed};
    // Of what was rolled back nothing was written.
    if (load.report && load.status != LoadStatus::rolled_back) row.report = &*load.report;
    // The error of a load of many tables is that of its first table.
    if (load.error && (!load.tables || load.tables->failed() == 0)) row.error = &*load.error;
    rows.push_back(std::move(row));
    if (!load.tables) continue;
    for (const auto& table : load.tables->tables) rows.push_back(row_of_table(table, load));
  }
  return rows;
}

const HtmlStatus& html_status(LoadStatus status) {
  static constexpr std::array<HtmlStatus, 7> all{{
      {"done", "&#10003;", "done"},
      {"rejects", "!", "done, with rejects"},
      {"before", "&#8635;", "done before"},
      {"failed", "&#10005;", "failed"},
      {"rolled", "&#8630;", "rolled back"},
      {"waits", "&#8230;", "not begun"},
      {"cancelled", "&#9632;", "stopped"},
  }};
  return all.at(static_cast<std::size_t>(status));
}

}  // namespace leat::runs_detail
