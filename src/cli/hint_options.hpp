#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/jobs/report/repair_report.hpp"
#include "leat/jobs/report/table_difference.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// What the library says names fields and values of its own options, as C++ writes them: ".max_rejects",
/// "Indexes::keep". Here they become options of the command: "--max-rejects", "--indexes keep". One that the
/// command lacks and another one has is told as that one's: "copy-table --where". What stands in double
/// quotes is the user's own and stays. Of commands that run documents they become keys: "rejects.max". A
/// value.
class HintOptions {
 public:
  HintOptions() = default;
  /// Of that command among those of `app`.
  HintOptions(const CLI::App& app, const std::string& command);

  /// A message, in which only the library's names are the command's instead.
  [[nodiscard]] std::string in_text(std::string text) const;
  /// A hint or remark, which also tells whose an option is.
  [[nodiscard]] std::string in_hint(std::string hint) const;
  /// Whether a hint names options that the command lacks and another one has.
  [[nodiscard]] bool names_others(std::string_view hint) const;
  [[nodiscard]] Error in_error(const Error& error) const;
  [[nodiscard]] Finding in_finding(Finding finding) const;
  [[nodiscard]] JobPlan in_plan(JobPlan plan) const;
  [[nodiscard]] std::vector<JobPlan> in_plans(std::vector<JobPlan> plans) const;
  [[nodiscard]] JobReport in_report(JobReport report) const;
  [[nodiscard]] CopyTablesReport in_report(CopyTablesReport report) const;
  [[nodiscard]] VerifyReport in_report(VerifyReport report) const;
  [[nodiscard]] TableDiffReport in_report(TableDiffReport report) const;
  [[nodiscard]] RepairReport in_report(RepairReport report) const;
  /// A logger that passes all on to `log`, in the command's words.
  [[nodiscard]] Logger in_log(LogLevel level, Logger log) const;

 private:
  [[nodiscard]] std::string with_options(std::string_view text) const;
  [[nodiscard]] std::string option_of(std::string_view field) const;
  [[nodiscard]] std::string with_owners(const std::string& text) const;
  void in_texts(std::vector<std::string>& texts) const;

  std::string command_;
  bool of_document_ = false;  // its options are keys of a document
  std::set<std::string> own_;
  std::map<std::string, std::string> owners_;  // the first command that has an option, of those it lacks
  std::vector<std::string> commands_;
};

}  // namespace leat::cli
