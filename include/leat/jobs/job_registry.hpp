#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/join_options.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Whose jobs, and how the session behaves.
struct JobRegistryOptions {
  ResolvedConnection target{};
  /// For locks, statements and silence, as with a job. Of a job that is joined, what is not set here is the
  /// job's own.
  JobLimits limits{};
  /// What pg_stat_activity shows.
  std::string application_name = "leat";
  Logger log{};
};

/// A job, and what the target has of it now.
struct KnownJob : JobRecord {
  /// Whether the table is there that the job loads; nullopt: not known.
  std::optional<bool> target_exists{};
};

/// The jobs with names that a target knows: those at work, those that can be resumed, and those that are
/// done. Each call opens a session of its own. Thread-safety is that of CopyTable.
class LEAT_EXPORT JobRegistry {
 public:
  explicit JobRegistry(JobRegistryOptions options);

  /// By name; none where no job with a name has ever run. @throws Error (target); Error (cancelled).
  [[nodiscard]] std::vector<KnownJob> list(std::stop_token stop = {}) const;

  /// @throws Error (config) where there is no job of that name; Error (target); Error (cancelled).
  [[nodiscard]] KnownJob show(const std::string& name, std::stop_token stop = {}) const;

  /// Looks at the job of that name, or at all of them if it is empty, once each `interval`, by one session,
  /// and gives what it finds to `tell`, until no process works on any of them. Returns what it found last.
  /// @throws what show() and `tell` throw; Error (cancelled) at once when a stop is requested.
  std::vector<KnownJob> watch(const std::string& name,
                              const std::function<void(const std::vector<KnownJob>&)>& tell,
                              std::chrono::milliseconds interval = std::chrono::seconds{1},
                              std::stop_token stop = {}) const;

  /// Takes part in a job that is at work in another process: takes units of the same attempt, in the same
  /// snapshot, until none is left, and then publishes what all have done, unless another process does. Either
  /// process may end at any moment; what it has taken is done by those that are left. Returns when the job is
  /// done; the report is of the whole job.
  /// @throws Error (config) where no process works on a job of that name, where its source is not known here,
  /// or a row hook is missing; else as CopyTable::run() does. Error (cancelled): this process has left the
  /// job.
  JobReport join(const std::string& name, const JoinOptions& options, std::stop_token stop = {}) const;

  /// Removes a job with its plan, its ledger and its staging table; rows that it has committed to its table
  /// stay there. Returns it as it was.
  /// @throws what show() throws; Error (target, 55006) while it is at work.
  KnownJob forget(const std::string& name, std::stop_token stop = {}) const;

  /// The jobs that are done since so long or longer. @throws what list() throws.
  [[nodiscard]] std::vector<KnownJob> list_done(std::chrono::seconds since, std::stop_token stop = {}) const;
  /// Forgets them. One that has been begun anew meanwhile stays. Returns those that are forgotten.
  std::vector<KnownJob> forget_done(std::chrono::seconds since, std::stop_token stop = {}) const;

 private:
  JobRegistryOptions options_;
};

/// One job as a JSON object. What is not known is null.
[[nodiscard]] LEAT_EXPORT std::string to_json(const KnownJob& job);
/// Several as one JSON object: {"jobs": […]}.
[[nodiscard]] LEAT_EXPORT std::string to_json(const std::vector<KnownJob>& jobs);

/// What a job is doing, in a word: "running", "interrupted" (its attempt is dead or was cut off), "stopped"
/// (on request), "failed" or "done".
[[nodiscard]] LEAT_EXPORT std::string_view status_word(const JobRecord& job);
/// Whether a process works on it, or will try again soon.
[[nodiscard]] LEAT_EXPORT bool is_at_work(const JobRecord& job);

}  // namespace leat
