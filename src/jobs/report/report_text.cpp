#include <algorithm>
#include <ostream>

#include "jobs/report/without_break.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {
namespace {

using detail::add_line;
using detail::rows_text;
using detail::seconds_text;
using detail::with_thousands;

void add_statements(std::string& out, const JobPlan& plan) {
  out += "source:\n";
  for (const auto& sql : plan.source_sql) out += "  " + sql + ";\n";
  out += "target:\n";
  for (const auto& sql : plan.target_sql) out += "  " + sql + ";\n";
}

/// What became of the rows, where that is more than that all of them came.
std::string changes_text(const JobReport& report) {
  const std::uint64_t deleted = report.rows_deleted.value_or(0);
  if (report.rows_inserted == report.rows_read + report.rows_added && deleted == 0) return "";
  std::string text = with_thousands(report.rows_inserted) + " inserted, " +
                     with_thousands(report.rows_updated) + " updated, " +
                     with_thousands(report.rows_unchanged) + " unchanged, " + with_thousands(deleted) +
                     " deleted\n";
  if (report.rows_superseded > 0) {
    text += with_thousands(report.rows_superseded) + " superseded by a later row with the same key\n";
  }
  return text;
}

}  // namespace

std::string to_text(const JobReport& report) {
  // What is not known is left out: a sink has no source and measures no waits, and it may have come to
  // nothing.
  std::string out = report.source;
  if (!report.target.empty()) out += (out.empty() ? "-> " : " -> ") + report.target;
  if (!out.empty()) out += "\n";
  out += rows_text(report.rows_written) + ", " + format_bytes(report.bytes_written) + " in " +
         seconds_text(report.elapsed) + " (" +
         with_thousands(static_cast<std::uint64_t>(report.rows_per_second())) + " rows/s, " +
         format_bytes(ByteCount{static_cast<std::uint64_t>(report.bytes_per_second())}) + "/s)\n";
  out += changes_text(report);
  if (report.rows_dropped > 0) out += rows_text(report.rows_dropped) + " dropped by the hook\n";
  if (report.rows_added > 0) out += rows_text(report.rows_added) + " added by the hook\n";
  for (const auto& [table, rows] : report.rows_beside) {
    if (rows > 0) out += rows_text(rows) + " written beside, into " + table + "\n";
  }
  if (report.rows_rejected > 0) out += rows_text(report.rows_rejected) + " rejected\n";
  if (report.slices_total > 1) {
    out += std::to_string(report.slices_total) + " slices: " + std::to_string(report.slices_done) + " done";
    if (report.slices_skipped > 0) out += ", " + std::to_string(report.slices_skipped) + " by an earlier run";
    if (report.slices_retried > 0) out += ", " + std::to_string(report.slices_retried) + " attempts repeated";
    out += "\n";
  }
  if (report.rows_read == 0 && report.slices_skipped > 0) {
    for (const auto& remark : report.remarks) out += "note: " + remark + "\n";
    return out;
  }
  if (report.watermark) {
    const auto& mark = *report.watermark;
    out += "watermark " + mark.name + ": " + mark.rows + "\n";
  }
  if (!report.format.reason.empty()) {
    out += "format: " + std::string(to_string(report.format.format)) + " (" + report.format.reason + ")\n";
  }
  if (report.waited_for_source.count() > 0 || report.waited_for_target.count() > 0) {
    out += "waited for the source " + seconds_text(report.waited_for_source) + ", for the target " +
           seconds_text(report.waited_for_target) + "\n";
  }
  for (const auto& remark : report.remarks) out += "note: " + remark + "\n";
  return out;
}

std::string to_text(const CopyTablesReport& report) {
  std::size_t width = 0;
  const auto name_of = [](const CopiedTable& table) {
    return table.table == table.target ? table.table : table.table + " -> " + table.target;
  };
  for (const auto& table : report.tables) width = std::max(width, name_of(table).size());
  std::string out;
  for (const auto& table : report.tables) {
    const std::string name = name_of(table);
    out += name + std::string(width - name.size() + 2, ' ');
    if (table.error) {
      out += table.error->in_doubt() ? "in doubt: " : "not copied: ";
      if (!table.error->sqlstate().empty()) out.append(table.error->sqlstate()).append(": ");
      out.append(table.error->what()).append("\n");
      add_line(out, "  detail", table.error->detail());
      add_line(out, "  hint", table.error->hint());
      continue;
    }
    out += rows_text(table.report.rows_written) + ", " + format_bytes(table.report.bytes_written) + " in " +
           seconds_text(table.report.elapsed) + " (" + std::string(to_string(table.report.format.format)) +
           ")\n";
    if (const std::string changes = changes_text(table.report); !changes.empty()) out += "  " + changes;
    if (table.report.slices_skipped > 0) {
      out += "  " + std::to_string(table.report.slices_skipped) + " of " +
             std::to_string(table.report.slices_total) + " slices by an earlier run\n";
    }
    for (const auto& remark : table.report.remarks) out += "  note: " + remark + "\n";
  }
  for (const auto& remark : report.remarks) out += "note: " + remark + "\n";
  const std::size_t copied = report.tables.size() - report.failed();
  out += with_thousands(copied) + " of " + with_thousands(report.tables.size()) + " tables, " +
         rows_text(report.rows_written) + ", " + format_bytes(report.bytes_written) + " in " +
         seconds_text(report.elapsed) + "\n";
  return out;
}

std::string to_text(const JobPlan& plan) {
  std::string out = plan.source + " -> " + plan.target + "\n";
  for (const auto& finding : plan.findings) out += to_text(finding);
  if (plan.columns.empty()) return out;
  out += "columns:\n";
  std::size_t width = 0;
  for (const auto& column : plan.columns) width = std::max(width, column.name.size());
  for (const auto& column : plan.columns) {
    out += "  " + column.name + std::string(width - column.name.size() + 2, ' ') + column.source_type;
    if (column.source_type != column.target_type) out += " -> " + column.target_type;
    if (!column.how.empty()) out += " (" + column.how + ")";
    out += '\n';
  }
  out += "format: " + std::string(to_string(plan.format.format)) + " (" + plan.format.reason + ")\n";
  if (!has_error(plan.findings)) add_statements(out, plan);
  for (const auto& remark : plan.remarks) out += "note: " + remark + "\n";
  return out;
}

std::ostream& operator<<(std::ostream& out, const JobReport& report) {
  return out << jobs_detail::without_break(to_text(report));
}

std::ostream& operator<<(std::ostream& out, const CopyTablesReport& report) {
  return out << jobs_detail::without_break(to_text(report));
}

std::ostream& operator<<(std::ostream& out, const JobPlan& plan) {
  return out << jobs_detail::without_break(to_text(plan));
}

}  // namespace leat
