#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::postgres_detail {

// What earlier attempts and runs of a job have left: sessions of the server, and staging tables.

/// The run's staging table; no other job ever has that name.
[[nodiscard]] TableName staging_name(std::int64_t job_id, std::int64_t run);

/// A name that the ledger has. @throws Error (target) where it is none of staging_name(): it is not used.
[[nodiscard]] TableName to_staging(std::string_view name);

/// Ends the sessions that attempts before `epoch` have registered, other than this one, without waiting for
/// their end. What cannot be ended becomes a remark, since the ledger keeps its work out in any case.
void end_sessions(Connection& connection, const std::string& job, std::int64_t epoch,
                  std::vector<std::string>& remarks, const std::stop_token& stop);

/// Removes what discarded runs have left: their plans, their rows in the ledger, their staging tables. What
/// cannot be removed, since a session still holds it, becomes a remark and stays for the next time.
void clear_discarded(Connection& connection, const std::string& job, std::vector<std::string>& remarks,
                     const std::stop_token& stop);

}  // namespace leat::postgres_detail
