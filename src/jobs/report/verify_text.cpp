#include <ostream>

#include "jobs/report/without_break.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/jobs/report/difference_text.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace leat {

std::string to_text(const VerifyReport& report) {
  std::string out = report.source + " and " + report.target + "\n";
  const std::string seconds = detail::seconds_text(report.elapsed);
  if (report.equal) {
    out += "equal: " + detail::rows_text(report.source_rows) + " on both sides, in " + seconds + "\n";
  } else {
    out += "different: " + detail::rows_text(report.source_rows) + " in the source, " +
           detail::with_thousands(report.target_rows) + " in the target, in " + seconds + "\n";
  }
  if (!report.ranges.empty()) {
    constexpr std::size_t most = 20;
    out += "by " + jobs_detail::key_text(report.key) + ", they differ in\n";
    for (std::size_t i = 0; i < report.ranges.size() && i < most; ++i) {
      out += "  " + to_text(report.ranges[i]) + "\n";
    }
    if (report.ranges.size() > most) {
      out += "  and " + detail::with_thousands(report.ranges.size() - most) + " more ranges\n";
    }
  }
  for (const auto& difference : report.differences) out += to_text(difference) + "\n";
  if (report.more && !report.differences.empty()) out += "and more (differences shows more of them)\n";
  for (const auto& [column, reason] : report.by_text) {
    out += "note: " + column + " is compared by its text: " + reason + "\n";
  }
  for (const auto& remark : report.remarks) out += "note: " + remark + "\n";
  return out;
}

std::ostream& operator<<(std::ostream& out, const VerifyReport& report) {
  return out << jobs_detail::without_break(to_text(report));
}

}  // namespace leat
