#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "jobs/named/attempt_state.hpp"
#include "jobs/options/load_counts.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// What is done when all units are: one of the job's workers publishes and ends the job. Used once, by one
/// thread.
class AttemptEnd {
 public:
  /// `state` outlives it; all of its units are done.
  explicit AttemptEnd(AttemptState& state) : state_(state) {}

  /// Does the last step, or waits until another worker has done it.
  [[nodiscard]] JobReport conclude(const std::stop_token& stop);

 private:
  /// Of a job whose last step another worker has done.
  [[nodiscard]] JobReport concluded(const JobRecord& record, const std::stop_token& stop);
  [[nodiscard]] JobReport publish(const std::stop_token& stop);
  /// In the transaction that publishes: looks again which indexes and constraints are to be dropped and made
  /// again.
  void prepare_to_rebuild(ByteCount incoming, const std::stop_token& stop);
  /// Of a straight job, whose rows are committed.
  [[nodiscard]] JobReport finish(const std::stop_token& stop);
  void commit(JobReport& report, const std::stop_token& stop);
  /// When all is committed: what fails is a remark.
  void analyze_published(JobReport& report, const std::stop_token& stop);
  /// Of a job that is done, as the ledger has it.
  [[nodiscard]] JobReport report_of(LoadCounts counts, const JobRecord& record) const;

  AttemptState& state_;
};

/// Of a job that was done before; `remark` says what that means for the caller.
[[nodiscard]] JobReport earlier_report(const JobRecord& record, std::string source, std::string target,
                                       std::string_view remark);

}  // namespace leat::jobs_detail
