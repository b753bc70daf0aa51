#pragma once

#include <array>
#include <chrono>
#include <stop_token>
#include <string>

#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// @throws Error (config) for a name that no job may have.
void require_job_name(const std::string& name);

/// `job "name"`, for messages.
[[nodiscard]] std::string job_text(const std::string& name);

/// The lease as $1 name, $2 run, $3 epoch.
[[nodiscard]] std::array<Parameter, 3> lease_parameters(const JobLease& lease);

/// How the job's row is held until the end of the transaction.
enum class JobLock {
  none,
  slice,        ///< FOR KEY SHARE: it is not forgotten
  session,      ///< FOR SHARE: nobody takes it over
  coordinator,  ///< FOR NO KEY UPDATE: nobody takes it over or changes its plan; slices go on
};

/// Locks the job's row. @throws Error (target, 55000) where the lease is not what the row has.
void require_lease(Connection& connection, const JobLease& lease, JobLock lock, const std::stop_token& stop);

/// SQL of whether the row j of leat_meta.jobs is an attempt's that may be at work: its lease has not run out,
/// and the session that attends to it or one that it has registered is still connected, or it works behind a
/// pooler, where that tells nothing. Where all are gone its process is dead, or cut off from a server that
/// was restarted, and a later attempt keeps it from committing anything.
[[nodiscard]] std::string is_live_sql();

/// Shows others that the attempt lives, for as long as this session does; behind a pooler for as long as its
/// lease.
void attend(Connection& connection, const JobLease& lease, const std::stop_token& stop);

/// SQL of the time in so many milliseconds, which are the parameter of that number.
[[nodiscard]] std::string time_after(int parameter);

}  // namespace leat::postgres_detail
