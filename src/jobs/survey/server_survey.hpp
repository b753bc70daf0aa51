#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/detail/questions.hpp"

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
  std::string run{};       ///< of a target, see server_run(); empty while in recovery, too
  std::string database{};  ///< see database_identity()
  /// Settings of an administrator's that the job sets aside: "lock_timeout of 5000 ms".
  std::vector<std::string> timeouts{};
};

/// Asks a server about itself by two rounds of questions: an answer to the first adds the second one. Others
/// may be asked along with both. `questions` and `into` must live until then.
void ask_server(postgres_detail::Questions& questions, const Connection& session, ServerFacts& into);

[[nodiscard]] ServerFacts survey_server(Connection& session, const std::stop_token& stop);

/// The cluster and database of a session, so that the same table can be told from another of the same name.
[[nodiscard]] std::string database_identity(Connection& connection, const std::stop_token& stop);

}  // namespace leat::jobs_detail
