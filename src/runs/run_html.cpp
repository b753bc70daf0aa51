#include "leat/runs/run_html.hpp"

#include <algorithm>

#include "leat/core/detail/report_lines.hpp"
#include "leat/version.hpp"
#include "runs/html_charts.hpp"
#include "runs/html_details.hpp"
#include "runs/html_rows.hpp"
#include "runs/html_style.hpp"
#include "runs/html_text.hpp"

namespace leat {
namespace runs_detail {
namespace {

/// As of a load.
LoadStatus status_of_run(JobStatus status) {
  switch (status) {
    case JobStatus::done:
      return LoadStatus::done;
    case JobStatus::done_with_rejects:
      return LoadStatus::done_with_rejects;
    case JobStatus::failed:
      return LoadStatus::failed;
    case JobStatus::cancelled:
      break;
  }
  return LoadStatus::cancelled;
}

std::string tile(const std::string& name, const std::string& value) {
  return "<div><dt>" + name + "</dt><dd>" + value + "</dd></div>";
}

std::string tiles(const RunReport& report, const std::vector<HtmlRow>& rows) {
  std::uint64_t rejected = 0;
  ByteCount bytes;
  for (const auto& row : rows) {
    if (row.report == nullptr) continue;
    rejected += row.report->rows_rejected;
    bytes = bytes + row.report->bytes_written;
  }
  const auto good = std::count_if(report.loads.begin(), report.loads.end(), [](const LoadOutcome& load) {
    return load.status == LoadStatus::done || load.status == LoadStatus::done_with_rejects ||
           load.status == LoadStatus::done_before;
  });
  return "<dl class=\"tiles\">" +
         tile("Loads done", std::to_string(good) + " of " + std::to_string(report.loads.size())) +
         tile("Rows written", detail::with_thousands(report.rows_written())) +
         tile("Bytes written", format_bytes(bytes)) +
         tile("Rows rejected", detail::with_thousands(rejected)) +
         tile("Time", html_duration(report.elapsed)) + "</dl>";
}

std::string head(const RunReport& report, const std::vector<HtmlRow>& rows) {
  std::string out =
      "<header><h1>" + html_escaped(report.document) + " " +
      html_badge(status_of_run(report.status), html_status(status_of_run(report.status)).words) +
      "</h1><p class=\"facts\">";
  if (!report.id.empty()) out += "run " + html_escaped(report.id);
  if (!report.started_at.empty()) {
    out += (report.id.empty() ? "" : ", ") + std::string("begun ") + html_escaped(report.started_at);
  }
  if (report.is_continued) out += "; this attempt has gone on with it";
  out += "</p>";
  if (!report.labels.empty()) {
    out += "<ul class=\"labels\" aria-label=\"Labels\">";
    for (const auto& [name, value] : report.labels) {
      out += "<li>" + html_escaped(name) + ": " + html_escaped(value) + "</li>";
    }
    out += "</ul>";
  }
  return out + tiles(report, rows) + "</header>\n";
}

}  // namespace
}  // namespace runs_detail

std::string to_html(const RunReport& report, const RunPlan* plan) {
  using namespace runs_detail;
  const auto rows = html_rows(report);
  const std::string title =
      html_escaped(report.document) + ": " + std::string(html_status(status_of_run(report.status)).words);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<meta name=\"referrer\" content=\"no-referrer\"><title>" +
      title + "</title><style>" + html_style + "</style></head><body>\n" + html_patterns() +
      head(report, rows) + "<main>\n" + html_errors(rows);
  if (!rows.empty()) out += html_timeline(rows, report.elapsed);
  out += html_throughput(rows) + html_waits(rows) + html_counts(rows) + html_remarks(report);
  if (plan != nullptr) out += html_plan(*plan);
  return out + "</main><footer>leat " + html_escaped(version()) + "</footer></body></html>\n";
}

}  // namespace leat
