#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How an attempt at a job ends.
enum class JobEnd {
  done,
  failed,  ///< another attempt may go on
};

// The CSV file of the rows that a job's slices have rejected. The ledger keeps those with the slices; the
// file is a copy, which takes the place of an earlier one as a whole. What the job has not written stays as
// it is. `columns` are the target's. The session is in a transaction.

/// @throws Error (config) where the file cannot be written, or holds what the job has not written.
void check_job_reject_file(const std::string& path, std::span<const TableColumn> columns, Connection& session,
                           const std::string& job, const std::stop_token& stop);
/// Writes the rows of the job's current run; where there are none an earlier file goes. A pipe, a terminal
/// and the like get them when the job is done. @throws as check_job_reject_file() does.
void write_job_reject_file(const std::string& path, std::span<const TableColumn> columns, Connection& session,
                           const std::string& job, JobEnd end, const std::stop_token& stop);

}  // namespace leat::jobs_detail
