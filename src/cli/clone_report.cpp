#include "cli/clone_report.hpp"

#include <nlohmann/json.hpp>

#include "cli/print.hpp"
#include "cli/progress_line.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::cli {
namespace {

using Document = nlohmann::ordered_json;
using detail::counted;

void add_findings(std::string& out, const std::vector<Finding>& findings) {
  for (const auto& finding : findings) {
    out.append(to_string(finding.severity)).append(": ").append(finding.code);
    if (!finding.sqlstate.empty()) out += " (" + finding.sqlstate + ")";
    out += ": " + finding.message + "\n";
    if (!finding.detail.empty()) out += "  detail: " + finding.detail + "\n";
    if (!finding.hint.empty()) out += "  hint: " + finding.hint + "\n";
  }
}

}  // namespace

std::string to_json(const CloneReport& report) {
  const Document copied = Document::parse(to_json(report.tables));
  const Document plan = Document::parse(to_json(JobPlan{.findings = report.findings}));
  Document seconds = Document::object();
  for (const auto& [step, time] : report.steps) seconds[step] = detail::to_seconds(time);
  const Document json{
      {"status", report.is_plan ? std::string("planned") : std::string(to_string(report.tables.status))},
      {"source", report.source},
      {"target", report.target},
      {"continued", report.continued},
      {"consistent", report.consistent},
      {"tables_found", report.tables_found},
      {"tables_copied", report.tables.tables.size() - report.tables.failed()},
      {"tables_failed", report.tables.failed()},
      {"tables_before", report.tables_before},
      {"rows_written", report.tables.rows_written},
      {"bytes", report.tables.bytes_written.count()},
      {"sequences", report.sequences},
      {"large_objects", report.large_objects},
      {"seconds", detail::to_seconds(report.elapsed)},
      {"steps", seconds},
      {"findings", plan["findings"]},
      {"left_out", report.left_out},
      {"remarks", report.remarks},
      {"tables", copied["tables"]}};
  return json.dump(-1, ' ', false, Document::error_handler_t::replace);
}

std::string report_text(const CloneReport& report) {
  std::string out = report.source + " -> " + report.target + "\n";
  add_findings(out, report.findings);
  if (!report.tables.tables.empty()) out += to_text(report.tables);
  for (const auto& remark : report.remarks) out += "note: " + remark + "\n";
  for (const auto& sentence : report.left_out) out += "left out: " + sentence + "\n";
  if (report.is_plan) {
    out += "would clone " + counted(report.tables_found, "table") + ", " +
           counted(report.sequences, "sequence") + " and " + counted(report.large_objects, "large object") +
           "\n";
    out +=
        has_error(report.findings) ? "this clone would not start\n" : "nothing stands against this clone\n";
    return out + "dry run: nothing was changed\n";
  }
  std::string steps;
  for (const auto& [step, time] : report.steps) {
    steps += (steps.empty() ? "" : ", ") + step + " " + detail::seconds_text(time);
  }
  if (!steps.empty()) out += "steps: " + steps + "\n";
  if (report.tables.failed() > 0) {
    return out + "not finished: remove the cause, and give the same command again; what is done stays\n";
  }
  return out + "cloned: " + counted(report.tables_found, "table") +
         (report.tables_before > 0 ? " (" + with_thousands(report.tables_before) + " by an earlier run)"
                                   : "") +
         ", " + counted(report.sequences, "sequence") + ", " + counted(report.large_objects, "large object") +
         " in " + detail::seconds_text(report.elapsed) + "\n";
}

}  // namespace leat::cli
