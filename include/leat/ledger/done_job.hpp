#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat {

/// A job that is one transaction needs no lease: its row in the ledger is written once, with all of its rows.
struct DoneJob {
  JobRequest request{};
  std::string report{};  ///< JSON
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

/// Writes into the ledger that the job is done, in the open transaction of the session that has its rows; a
/// COMMIT must follow. The ledger's tables must be there (Ledger::prepare()). Waits for another transaction
/// that has written the same, for at most the session's lock_timeout.
/// @returns false if another has committed the job: this transaction is to be rolled back.
/// @throws Error (config) if the name is another command's, (target) 55006 if an attempt works on its slices,
/// 55P03 after the wait.
[[nodiscard]] LEAT_EXPORT bool put_done_job(Connection& connection, const DoneJob& job,
                                            const std::stop_token& stop = {});

}  // namespace leat
