#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Which rejected rows of a job to read.
enum class RejectsOf {
  current_run,
  all_runs,  ///< also those of discarded runs, as long as they are kept
};

// The rejected rows of a job's slices are kept in the target's ledger, by keep_reject(). The functions below
// work in the open transaction of a session with the target.

/// Passes each rejected row to `use`, as a line of CSV without its line break; values other than NULL are in
/// quotes. The oldest run comes first; the rows of one run are ordered by slices. Rows that are added
/// meanwhile do not change the order of the others. There are no rows if there is no ledger or this role may
/// not read it.
LEAT_EXPORT void read_rejects(Connection& connection, const std::string& job, RejectsOf which,
                              const std::function<void(std::string_view line)>& use,
                              std::stop_token stop = {});

/// Removes the rejected rows of discarded runs.
LEAT_EXPORT void drop_discarded_rejects(Connection& connection, const JobLease& lease,
                                        std::stop_token stop = {});

}  // namespace leat
