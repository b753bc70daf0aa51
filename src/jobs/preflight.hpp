#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "leat/jobs/finding.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/table_manager.hpp"

namespace leat::jobs_detail {

/// The table as the session sees it; nullopt where it is missing, may not be looked at, or is locked for
/// longer than lock_timeout, which is then among the findings.
[[nodiscard]] std::optional<TableInfo> describe_table(Connection& session, const TableName& name,
                                                      std::vector<Finding>& findings,
                                                      const std::stop_token& stop);

/// What the source's server says of a table that is to be read: privileges and row security.
void check_source(Connection& session, const TableInfo& table, std::span<const std::string> columns,
                  std::vector<Finding>& findings, const std::stop_token& stop);

/// Whether the server has room for so many more sessions.
void check_connections(Connection& session, std::size_t more, std::vector<Finding>& findings,
                       const std::stop_token& stop);

/// What the target's server says of a table that is to be loaded: whether it takes writes, privileges, row
/// security, triggers, rules, foreign keys, locks.
void check_target(Connection& session, const TableInfo& table, std::span<const std::string> columns,
                  WriteMode mode, const StreamOptions& options, std::vector<Finding>& findings,
                  const std::stop_token& stop);

/// Whether every character of the source has a place in the target.
void check_encodings(Connection& source, Connection& target, std::vector<Finding>& findings,
                     const std::stop_token& stop);

/// What an administrator has set for such sessions and the job sets aside.
void check_timeouts(Connection& session, std::vector<Finding>& findings, const std::stop_token& stop);

}  // namespace leat::jobs_detail
