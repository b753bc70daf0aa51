#include <ostream>
#include <set>

#include "jobs/report/without_break.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/jobs/report/repair_report.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {
namespace {

const char* words_for(RepairOutcome outcome) {
  switch (outcome) {
    case RepairOutcome::restored:
      return "restored";
    case RepairOutcome::exists:
      return "exists again, left as it is";
    case RepairOutcome::table_gone:
      return "its table is gone";
    case RepairOutcome::in_use:
      return "in use";
    case RepairOutcome::failed:
      return "still missing";
  }
  return "";
}

}  // namespace

std::string to_text(const RepairReport& report) {
  std::string out = report.target + "\n";
  std::set<std::string> in_use;
  for (const auto& object : report.objects) {
    // What is said of one is true for all of the table.
    if (object.outcome == RepairOutcome::in_use && !in_use.insert(object.table).second) continue;
    out += object.table + ": ";
    if (object.outcome != RepairOutcome::in_use) {
      out += object.kind + " " + display_identifier(object.name) + ": ";
    }
    out += words_for(object.outcome);
    if (object.outcome == RepairOutcome::restored) out += " in " + detail::seconds_text(object.elapsed);
    out += "\n";
    if (!object.error) continue;
    const Error& error = *object.error;
    out +=
        "  " + (error.sqlstate().empty() ? "" : std::string(error.sqlstate()) + ": ") + error.what() + "\n";
    if (!error.detail().empty()) out.append("  detail: ").append(error.detail()).append("\n");
    if (!error.hint().empty()) out.append("  hint: ").append(error.hint()).append("\n");
  }
  if (report.objects.empty()) return out + "nothing is missing\n";
  return out + std::to_string(report.objects.size()) + " in the record, " + std::to_string(report.missing()) +
         " still missing\n";
}

std::ostream& operator<<(std::ostream& out, const RepairReport& report) {
  return out << jobs_detail::without_break(to_text(report));
}

}  // namespace leat
