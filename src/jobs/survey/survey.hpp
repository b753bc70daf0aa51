#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/survey/table_facts.hpp"

namespace leat::jobs_detail {

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
  /// The cluster and the database, so that the same table can be told from another of the same name.
  std::string database{};
  /// The server's system identifier and the database's number, which a physical copy of the server has as
  /// well; empty where this role may not ask for it.
  std::string origin{};
  /// Settings of an administrator's that the job sets aside: "lock_timeout of 5000 ms".
  std::vector<std::string> timeouts{};
};

[[nodiscard]] ServerFacts survey_server(Connection& session, const std::stop_token& stop);

/// Looks at a table, by as many statements as for many, or only at who holds it where its lock could not be
/// had, which `lock_error` tells.
[[nodiscard]] TableFacts survey_table(Connection& session, const TableName& name,
                                      const std::optional<Error>& lock_error, const std::stop_token& stop);

/// What is known of a side before it is looked at; the pointers may be null.
struct KnownFacts {
  const ServerFacts* server = nullptr;
  const TableFacts* table = nullptr;
  std::optional<Error> lock_error{};  ///< see survey_table()
};

/// What is not known by survey_server(), which gets into `server`, and by survey_table(), asked together
/// where it is both. What stands in the way of the table may leave some of the server's facts out.
[[nodiscard]] TableFacts survey_side(Connection& session, const TableName& name, const KnownFacts& known,
                                     ServerFacts& server, const std::stop_token& stop);

/// Looks at a server and at many tables of different names at once, in the session's transaction. What cannot
/// be looked at is nullopt, so that the table's own job may say why, or wait for a lock.
[[nodiscard]] std::vector<std::optional<TableFacts>> survey_tables(Connection& session,
                                                                   std::span<const TableName> names,
                                                                   ServerFacts& server,
                                                                   const std::stop_token& stop);

}  // namespace leat::jobs_detail
