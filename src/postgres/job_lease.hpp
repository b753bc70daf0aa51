#pragma once

#include <array>
#include <chrono>
#include <stop_token>
#include <string>

#include "leat/postgres/connection.hpp"
#include "leat/postgres/ledger.hpp"

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

/// SQL of the time in so many milliseconds, which are the parameter of that number.
[[nodiscard]] std::string time_after(int parameter);

}  // namespace leat::postgres_detail
