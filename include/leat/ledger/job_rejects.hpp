#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Which rejected rows of a job.
enum class RejectsOf {
  current_run,
  all_runs,  ///< also of runs that were discarded, as long as they are kept
};

// Rows that slices of a job have rejected are kept in the target's ledger, by keep_reject(). The functions
// below work in the open transaction of a session with the target.

/// Gives each row to `use`, as a line of CSV without its end: what is not NULL stands in quotes. First the
/// oldest run; within one run by slices. Rows that are added meanwhile change nothing in the order of the
/// others. There are none where there is no ledger, or this role may not read it.
void read_rejects(Connection& connection, const std::string& job, RejectsOf which,
                  const std::function<void(std::string_view line)>& use, std::stop_token stop = {});

/// Removes the rows of discarded runs.
void drop_discarded_rejects(Connection& connection, const JobLease& lease, std::stop_token stop = {});

}  // namespace leat
