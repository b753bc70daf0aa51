#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/named/job_keeper.hpp"
#include "jobs/named/lease_renewal.hpp"
#include "jobs/named/query_run.hpp"
#include "jobs/prepare/load_scope.hpp"

namespace leat::jobs_detail {

/// One attempt of a query that has a job's name. Runs once, on one thread.
class QueryAttempt {
 public:
  /// All outlive it. `delivery`: as it is now, not as it was asked for.
  QueryAttempt(const AdHocQueryOptions& options, const Delivery& delivery, const PrepareQuery& prepare,
               JobKeeper& keeper)
      : options_(options), delivery_(delivery), prepare_(prepare), keeper_(keeper) {}

  [[nodiscard]] JobReport run(const std::stop_token& stop);
  /// What it holds, if it got that far.
  [[nodiscard]] const std::optional<JobLease>& lease() const { return lease_; }

  // As run_attempts() asks of every attempt: rejected rows are written in the load itself, and nothing but
  // the whole load is tried again.
  void save_rejects() const noexcept {}
  [[nodiscard]] bool has_given_up() const { return false; }
  [[nodiscard]] WorkDone work_done() const noexcept { return work_; }

 private:
  void end_badly() noexcept;
  [[nodiscard]] JobReport load(const std::stop_token& stop);
  void check_restart(const std::stop_token& stop);
  void commit(JobReport& report, const std::stop_token& stop);
  [[nodiscard]] JobReport report_of_earlier(const JobRecord& record);

  const AdHocQueryOptions& options_;
  const Delivery& delivery_;
  const PrepareQuery& prepare_;
  JobKeeper& keeper_;
  std::optional<JobLease> lease_;  // until the job is done
  PreparedLoad load_;
  std::optional<LoadScope> scope_;
  std::vector<std::string> remarks_;
  WorkDone work_;
  std::optional<LeaseRenewal> renewal_;  // as long as rows travel
};

}  // namespace leat::jobs_detail
