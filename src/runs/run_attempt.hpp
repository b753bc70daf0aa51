#pragma once

#include <chrono>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/jobs/options/shared_transaction.hpp"
#include "leat/runs/document_run.hpp"
#include "leat/runs/run_report.hpp"
#include "runs/load_history.hpp"
#include "runs/load_jobs.hpp"
#include "runs/run_record.hpp"

namespace leat::runs_detail {

/// The error, with its place in the document, if it has one.
[[nodiscard]] Error with_place(const LoadDocument& load, const Error& error);

/// @throws Error (config) for options of the load that no job takes.
void check_load(const RunContext& run, const LoadDocument& load);

/// What the load's job would do. What stands against it is in the plan.
[[nodiscard]] LoadPlan plan_load(const RunContext& run, const LoadDocument& load,
                                 const std::stop_token& stop);

[[nodiscard]] RunContext context_of(const PipelineDocument& document, const DocumentRunOptions& options);

/// One attempt at a run: the loads that are not done. Used once.
class RunAttempt {
 public:
  /// `options` outlive it.
  RunAttempt(RunContext run, const DocumentRunOptions& options) : run_(std::move(run)), options_(options) {}

  [[nodiscard]] RunReport run(const std::stop_token& stop);

 private:
  [[nodiscard]] RunIdentity identity() const;
  void take_loads(const std::stop_token& stop);
  /// Each load by itself.
  void each_load(const std::stop_token& stop);
  /// All loads in one transaction, which is tried again as a whole.
  void all_loads(const std::stop_token& stop);
  /// The same, once. The error that has ended it, if there is one.
  [[nodiscard]] std::optional<Error> try_all(const std::stop_token& stop);
  /// Whether to try again what has failed, after a pause.
  [[nodiscard]] bool tries_again(const LoadDocument& load, const Error& error, std::size_t attempts,
                                 const std::stop_token& stop);
  [[nodiscard]] LoadOutcome one_load(const LoadDocument& load, const std::stop_token& stop);
  void attempt(const LoadDocument& load, LoadOutcome& outcome, const std::stop_token& stop);
  void load_tables(const LoadDocument& load, LoadOutcome& outcome, const std::stop_token& stop);
  /// What the ledger of the load's target has of this run.
  [[nodiscard]] std::set<std::string>& ledger_of(const LoadDocument& load, const std::stop_token& stop);
  /// The end of the run, as far as the target can still be told.
  void conclude(const std::stop_token& stop);
  [[nodiscard]] std::chrono::nanoseconds since_begin() const;

  RunContext run_;
  const DocumentRunOptions& options_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::vector<const LoadDocument*> loads_;
  std::map<std::string, std::set<std::string>> done_;  // jobs, by the target's name
  std::vector<std::string> earlier_runs_;
  LoadHistory history_;
  std::shared_ptr<SharedTransaction> transaction_;  // of all loads; null: each has its own
  RunReport report_;
  RunningLoad running_;
};

}  // namespace leat::runs_detail
