#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// How a job that has a name stands in the target's ledger.
enum class JobState {
  running,  ///< an attempt has it; where the lease has run out that attempt is dead or was cut off
  failed,   ///< the last attempt gave it up
  done,
};

/// "running", "failed" or "done".
[[nodiscard]] std::string_view to_string(JobState state);

/// A job as the ledger (leat_meta.jobs) has it. Times are the server's, as it prints them; "" is none.
struct JobRecord {
  std::string name{};
  JobState state = JobState::running;
  /// Counts what was begun anew: what was done in earlier runs does not count any more.
  std::int64_t run = 0;
  /// Counts attempts, of all runs.
  std::int64_t epoch = 0;
  std::string description{};  ///< what the command is, as JSON
  std::string hash{};         ///< of the description as it was given to acquire()
  std::string holder{};       ///< who has it, or had it last
  bool is_live = false;       ///< it is running, and its lease has not run out
  std::string lease_until{};
  std::string source_snapshot{};
  /// Where slices wait to be published.
  std::optional<TableName> staging{};
  /// Whether all slices of the run were read in one snapshot.
  bool is_consistent = true;
  bool has_plan = false;
  std::int64_t slices = 0;  ///< in the plan
  std::int64_t slices_done = 0;
  std::int64_t rows = 0;  ///< of slices that are done
  std::int64_t bytes = 0;
  std::int64_t rejected = 0;  ///< rows that slices which are done have rejected
  std::string created_at{};
  std::string acquired_at{};  ///< by the last attempt
  std::string finished_at{};
  std::string error{};   ///< what ended the last attempt
  std::string report{};  ///< of a job that is done, as JSON
};

/// All jobs by name; none where there is no ledger.
/// @throws Error (target) where this role may not read it, saying what to grant.
[[nodiscard]] std::vector<JobRecord> read_jobs(Connection& connection, std::stop_token stop = {});

/// One job; nullopt where there is none of that name.
[[nodiscard]] std::optional<JobRecord> read_job(Connection& connection, const std::string& name,
                                                std::stop_token stop = {});

/// Removes a job, its plan, its ledger, its rejected rows and its staging table, after what is left of its
/// attempts was ended. Rows that it has committed to its table stay there. Returns it as it was; nullopt
/// where there was none.
/// @throws Error (target): 55006 while an attempt has it; 55P03 where a session of a dead one does not end.
std::optional<JobRecord> forget_job(Connection& connection, const std::string& name,
                                    std::stop_token stop = {});

}  // namespace leat
