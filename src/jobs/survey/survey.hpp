#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/survey/table_facts.hpp"

namespace leat::jobs_detail {

/// A setting of an administrator's that the job sets aside.
struct TimeoutSetting {
  std::string name{};
  std::string value{};  ///< with its unit
};

/// What a server says of itself and of this role.
struct ServerFacts {
  std::string encoding{};
  std::string lc_monetary{};
  bool read_only = false;
  bool in_recovery = false;
  bool minimal_wal = false;  ///< what is copied into a table truncated before is not logged
  bool is_silent = false;    ///< session_replication_role is replica
  bool may_silence_triggers = true;
  bool may_create_temporary = true;
  std::string run{};  ///< of a target, see server_run(); empty while in recovery, too
  std::vector<TimeoutSetting> timeouts{};
};

[[nodiscard]] ServerFacts survey_server(Connection& session, const std::stop_token& stop);

/// The cluster and database of a session, so that the same table can be told from another of the same name.
[[nodiscard]] std::string database_identity(Connection& connection, const std::stop_token& stop);

/// Looks at a table, by as many statements as for many.
[[nodiscard]] TableFacts survey_table(Connection& session, const TableName& name,
                                      const std::stop_token& stop);
/// The facts of a table whose lock could not be had.
[[nodiscard]] TableFacts survey_locked_table(Connection& session, const TableName& name, const Error& error,
                                             const std::stop_token& stop);

/// Looks at many tables of different names at once, in the session's transaction. What cannot be looked at is
/// nullopt, so that the table's own job may say why, or wait for a lock.
[[nodiscard]] std::vector<std::optional<TableFacts>> survey_tables(Connection& session,
                                                                   std::span<const TableName> names,
                                                                   const std::stop_token& stop);

}  // namespace leat::jobs_detail
