#include "cli/print.hpp"

namespace leat::cli {
namespace {

constexpr const char* nothing_changed = "dry run: nothing was changed\n";

}  // namespace

std::string plans_text(const std::vector<JobPlan>& plans) {
  std::string out;
  for (const auto& plan : plans) out += to_text(plan);
  return out + nothing_changed;
}

std::string findings_text(const JobPlan& plan) {
  std::string out = plan.source + " -> " + plan.target + "\n";
  for (const auto& finding : plan.findings) out += to_text(finding);
  return out +
         (has_error(plan.findings) ? "this job would not start\n" : "nothing stands against this job\n");
}

std::string plan_text(const JobPlan& plan) {
  return to_text(plan) + nothing_changed;
}

std::string nothing_was_changed() {
  return nothing_changed;
}

std::string error_text(const Error& error) {
  return "leat: " + to_text(error);
}

}  // namespace leat::cli
