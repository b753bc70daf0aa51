#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// Hints of the library name options of commands. A command that lacks one of these says whose it is instead:
/// "copy-table --where". A value.
class HintOptions {
 public:
  HintOptions() = default;
  /// Of that command among those of `app`.
  HintOptions(const CLI::App& app, const std::string& command);

  [[nodiscard]] std::string in_hint(std::string hint) const;
  /// Whether a hint names options that the command lacks and another one has.
  [[nodiscard]] bool names_others(std::string_view hint) const;
  [[nodiscard]] Error in_error(const Error& error) const;
  [[nodiscard]] JobPlan in_plan(JobPlan plan) const;
  [[nodiscard]] std::vector<JobPlan> in_plans(std::vector<JobPlan> plans) const;
  [[nodiscard]] CopyTablesReport in_report(CopyTablesReport report) const;

 private:
  std::string command_;
  std::set<std::string> own_;
  std::map<std::string, std::string> owners_;  // the first command that has an option, of those it lacks
  std::vector<std::string> commands_;
};

}  // namespace leat::cli
