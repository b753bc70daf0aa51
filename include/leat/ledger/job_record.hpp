#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// The state of a named job in the target's ledger.
enum class JobState {
  running,  ///< an attempt has the job; if its lease has run out, that attempt is dead or was cut off
  failed,   ///< the last attempt gave the job up
  done,
};

/// "running", "failed" or "done".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(JobState state);

/// A job as the ledger (leat_meta.jobs) records it. Times are the server's, as the server prints them; ""
/// means none.
struct JobRecord {
  std::string name{};
  JobState state = JobState::running;
  /// Counts the runs. Each restart begins a new run; the work of earlier runs no longer counts.
  std::int64_t run = 0;
  /// Counts the attempts of all runs.
  std::int64_t epoch = 0;
  std::string description{};  ///< the command, as JSON
  std::string hash{};         ///< the hash of the description that was given to acquire()
  std::string holder{};       ///< the attempt that has the job, or had it last
  bool is_live = false;       ///< the job is running, and its lease has not run out
  bool will_retry = false;    ///< the job has failed, and its process begins another attempt soon
  std::string lease_until{};
  std::string source_snapshot{};
  /// The table in which slices wait to be published.
  std::optional<TableName> staging{};
  bool staging_exists = false;
  /// True if all slices of the run were read in one snapshot.
  bool is_consistent = true;
  bool has_plan = false;
  std::int64_t slices = 0;  ///< in the plan
  std::int64_t slices_done = 0;
  std::int64_t rows = 0;  ///< of finished slices
  std::int64_t bytes = 0;
  std::int64_t rejected = 0;  ///< rows that finished slices have rejected
  std::string created_at{};
  std::string acquired_at{};  ///< by the last attempt
  std::string finished_at{};
  std::string error{};   ///< the error that ended the last attempt; `stopped_job` if a stop did
  std::string report{};  ///< of a finished job, as JSON
};

/// What `error` of a job says whose last attempt was stopped.
inline constexpr std::string_view stopped_job = "stopped";

/// Names of the jobs that are done since so long or longer, by the server's clock, ordered by name.
[[nodiscard]] LEAT_EXPORT std::vector<std::string> read_done_jobs(Connection& connection,
                                                                  std::chrono::seconds since,
                                                                  std::stop_token stop = {});

/// All jobs, ordered by name; empty if there is no ledger.
/// @throws Error (target) if this role may not read the ledger; the error says what to grant.
[[nodiscard]] LEAT_EXPORT std::vector<JobRecord> read_jobs(Connection& connection, std::stop_token stop = {});

/// One job; nullopt if there is no job of that name.
[[nodiscard]] LEAT_EXPORT std::optional<JobRecord> read_job(Connection& connection, const std::string& name,
                                                            std::stop_token stop = {});

/// The definition of a slice of the plan that a job which is not done has, as JSON; nullopt if it has none.
[[nodiscard]] LEAT_EXPORT std::optional<std::string> read_definition(Connection& connection,
                                                                     const std::string& name,
                                                                     std::stop_token stop = {});

/// Ends the remaining sessions of a job's attempts, and then removes the job, its plan, its ledger, its
/// rejected rows and its staging table. Rows that the job has committed to its table stay there. Returns the
/// job as it was; nullopt if there was none.
/// @throws Error (target): 55006 while an attempt has the job; 55P03 if a session of a dead attempt does not
/// end.
LEAT_EXPORT std::optional<JobRecord> forget_job(Connection& connection, const std::string& name,
                                                std::stop_token stop = {});

}  // namespace leat
