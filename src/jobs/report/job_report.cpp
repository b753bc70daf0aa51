#include "leat/jobs/report/job_report.hpp"

#include "jobs/report/document.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat {
namespace {

using detail::to_seconds;
using jobs_detail::Document;
using jobs_detail::json_text;
using jobs_detail::or_null;

Document format_json(const FormatChoice& format) {
  return {{"name", to_string(format.format)}, {"reason", format.reason}};
}

Document findings_json(const std::vector<Finding>& findings) {
  Document list = Document::array();
  for (const auto& finding : findings) {
    list.push_back({{"severity", to_string(finding.severity)},
                    {"code", finding.code},
                    {"side", to_string(finding.side)},
                    {"message", finding.message},
                    {"sqlstate", or_null(finding.sqlstate)},
                    {"detail", finding.detail},
                    {"hint", finding.hint}});
  }
  return list;
}

}  // namespace

std::string_view to_string(JobStatus status) {
  switch (status) {
    case JobStatus::done:
      return "done";
    case JobStatus::done_with_rejects:
      return "done_with_rejects";
    case JobStatus::failed:
      return "failed";
    case JobStatus::cancelled:
      return "cancelled";
  }
  return "failed";
}

double JobReport::seconds() const {
  return to_seconds(elapsed);
}

double JobReport::rows_per_second() const {
  return elapsed.count() > 0 ? static_cast<double>(rows_written) / seconds() : 0;
}

double JobReport::bytes_per_second() const {
  return elapsed.count() > 0 ? static_cast<double>(bytes_written.count()) / seconds() : 0;
}

std::string to_json(const JobReport& report) {
  Document beside = Document::object();
  for (const auto& [table, rows] : report.rows_beside) beside[table] = rows;
  Document json{{"status", to_string(report.status)},
                {"source", report.source},
                {"target", report.target},
                {"rows_read", report.rows_read},
                {"rows_written", report.rows_written},
                {"rows_committed", report.rows_written},
                {"rows_inserted", report.rows_inserted},
                {"rows_updated", report.rows_updated},
                {"rows_unchanged", report.rows_unchanged},
                {"rows_superseded", report.rows_superseded},
                {"rows_deleted", or_null(report.rows_deleted)},
                {"rows_dropped", report.rows_dropped},
                {"rows_added", report.rows_added},
                {"rows_beside", beside},
                {"rows_rejected", report.rows_rejected},
                {"rows_suppressed", report.rows_suppressed},
                {"bytes", report.bytes_written.count()},
                {"bytes_read", report.bytes_read.count()},
                {"seconds", report.seconds()},
                {"rows_per_second", report.rows_per_second()},
                {"bytes_per_second", report.bytes_per_second()},
                {"waited_for_source_seconds", to_seconds(report.waited_for_source)},
                {"waited_for_target_seconds", to_seconds(report.waited_for_target)},
                {"slices_total", report.slices_total},
                {"slices_done", report.slices_done},
                {"slices_skipped", report.slices_skipped},
                {"slices_retried", report.slices_retried},
                {"consistent", report.consistent},
                {"format", format_json(report.format)},
                {"remarks", report.remarks}};
  if (report.watermark) {
    json["watermark"] = {{"name", report.watermark->name},
                         {"column", report.watermark->column},
                         {"before", or_null(report.watermark->before)},
                         {"after", or_null(report.watermark->after)},
                         {"rows", report.watermark->rows}};
  }
  return json_text(json);
}

std::string to_json(const CopyTablesReport& report) {
  Document tables = Document::array();
  for (const auto& table : report.tables) {
    Document one = Document::parse(table.error ? to_json(*table.error) : to_json(table.report));
    one["table"] = table.table;
    one["target_table"] = table.target;
    tables.push_back(std::move(one));
  }
  const Document json{{"status", to_string(report.status)},
                      {"rows_written", report.rows_written},
                      {"bytes", report.bytes_written.count()},
                      {"seconds", to_seconds(report.elapsed)},
                      {"tables_failed", report.failed()},
                      {"remarks", report.remarks},
                      {"tables", tables}};
  return json_text(json);
}

std::string to_json(const JobPlan& plan) {
  Document columns = Document::array();
  for (const auto& column : plan.columns) {
    columns.push_back({{"name", column.name},
                       {"source_type", column.source_type},
                       {"target_type", column.target_type},
                       {"how", column.how}});
  }
  const Document json{{"status", "planned"},
                      {"source", plan.source},
                      {"target", plan.target},
                      {"columns", columns},
                      {"format", format_json(plan.format)},
                      {"source_sql", plan.source_sql},
                      {"target_sql", plan.target_sql},
                      {"remarks", plan.remarks},
                      {"findings", findings_json(plan.findings)}};
  return json_text(json);
}

std::string to_json(const std::vector<JobPlan>& plans) {
  Document tables = Document::array();
  for (const auto& plan : plans) tables.push_back(Document::parse(to_json(plan)));
  return json_text({{"status", "planned"}, {"tables", tables}});
}

std::string to_json(const Error& error) {
  const WorkDone& work = error.work();
  const bool cancelled = error.kind() == ErrorKind::cancelled;
  const bool sided = error.kind() == ErrorKind::source || error.kind() == ErrorKind::target;
  const Document json{{"status", to_string(cancelled ? JobStatus::cancelled : JobStatus::failed)},
                      {"kind", to_string(error.kind())},
                      {"side", sided ? Document(to_string(error.kind())) : Document(nullptr)},
                      {"sqlstate", or_null(std::string(error.sqlstate()))},
                      {"message", error.what()},
                      {"detail", error.detail()},
                      {"hint", error.hint()},
                      {"context", error.context()},
                      {"where", error.where()},
                      {"sql", or_null(std::string(error.sql()))},
                      {"position", error.position() == 0 ? Document(nullptr) : Document(error.position())},
                      {"in_doubt", error.in_doubt()},
                      {"retryable", error.retryable()},
                      {"rows_read", work.rows_read},
                      {"rows_written", work.rows_written},
                      {"rows_committed", work.rows_committed},
                      {"rows_rejected", 0},
                      {"bytes", work.bytes_written},
                      {"bytes_read", work.bytes_read},
                      {"seconds", to_seconds(work.elapsed)},
                      {"slices_total", work.slices_total},
                      {"slices_done", work.slices_done},
                      {"slices_retried", work.slices_retried}};
  return json_text(json);
}

}  // namespace leat
