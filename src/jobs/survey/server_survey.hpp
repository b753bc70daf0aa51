#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/detail/questions.hpp"

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
  /// The cluster and the database, so that the same table can be told from another of the same name.
  std::string database{};
  /// The server's system identifier and the database's number, which a physical copy of the server has as
  /// well; empty where this role may not ask for it.
  std::string origin{};
  std::vector<TimeoutSetting> timeouts{};
};

/// Looks at a server by two rounds of questions, which others may be asked along with. It must live until
/// both have been asked.
class ServerSurvey {
 public:
  explicit ServerSurvey(const Connection& session);
  ServerSurvey(const ServerSurvey&) = delete;
  ServerSurvey& operator=(const ServerSurvey&) = delete;

  void begin(postgres_detail::Questions& questions);
  /// When the first round was answered.
  void go_on(postgres_detail::Questions& questions);
  /// What is known by now.
  [[nodiscard]] const ServerFacts& facts() const { return facts_; }

 private:
  const int server_version_;
  const bool is_target_;
  ServerFacts facts_;
  bool may_ask_run_ = false;
  bool may_read_control_ = false;
};

[[nodiscard]] ServerFacts survey_server(Connection& session, const std::stop_token& stop);

}  // namespace leat::jobs_detail
