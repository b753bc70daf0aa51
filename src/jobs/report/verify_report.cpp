#include "leat/jobs/report/verify_report.hpp"

#include "jobs/report/document.hpp"
#include "leat/core/detail/seconds.hpp"

namespace leat {
namespace {

using jobs_detail::Document;
using jobs_detail::or_null;

Document difference_json(const RowDifference& difference) {
  Document key = Document::array();
  for (const auto& value : difference.key) key.push_back(or_null(value));
  Document columns = Document::array();
  for (const auto& column : difference.columns) {
    columns.push_back(
        {{"column", column.column}, {"source", or_null(column.source)}, {"target", or_null(column.target)}});
  }
  return {{"kind", to_string(difference.kind)},
          {"key", key},
          {"columns", columns},
          {"source_rows", difference.source_rows},
          {"target_rows", difference.target_rows}};
}

}  // namespace

std::string_view to_string(RowDifferenceKind kind) {
  switch (kind) {
    case RowDifferenceKind::missing:
      return "missing";
    case RowDifferenceKind::extra:
      return "extra";
    case RowDifferenceKind::changed:
      return "changed";
  }
  return "changed";
}

std::string to_json(const VerifyReport& report) {
  Document by_text = Document::array();
  for (const auto& [column, reason] : report.by_text) {
    by_text.push_back({{"column", column}, {"reason", reason}});
  }
  Document ranges = Document::array();
  for (const auto& range : report.ranges) {
    ranges.push_back({{"from", or_null(range.from)},
                      {"before", or_null(range.before)},
                      {"source_rows", range.source_rows},
                      {"target_rows", range.target_rows}});
  }
  Document differences = Document::array();
  for (const auto& difference : report.differences) differences.push_back(difference_json(difference));
  const Document json{{"status", report.equal ? "equal" : "different"},
                      {"source", report.source},
                      {"target", report.target},
                      {"source_rows", report.source_rows},
                      {"target_rows", report.target_rows},
                      {"columns", report.columns},
                      {"key", report.key},
                      {"by_text", by_text},
                      {"ranges", ranges},
                      {"differences", differences},
                      {"more", report.more},
                      {"remarks", report.remarks},
                      {"seconds", detail::to_seconds(report.elapsed)}};
  return jobs_detail::json_text(json);
}

}  // namespace leat
