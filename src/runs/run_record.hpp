#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"

namespace leat::runs_detail {

/// What a run is, and by what it is known again.
struct RunIdentity {
  std::string document{};
  std::string content{};  ///< of the document, its params and the loads that are chosen
  std::string key{};      ///< empty: none
};

/// A run as leat_meta.runs has it.
struct RunRecord {
  std::string id{};
  bool is_new = true;
  bool is_done = false;
  std::string started_at{};
};

/// Makes leat_meta.runs if it is missing. The session is in no transaction. @throws Error 42501 with what to
/// grant.
void prepare_runs(Connection& session, const std::stop_token& stop);

/// Keeps others from the same run as long as it lives: a lock of a transaction that is open meanwhile, so
/// that it ends with its session, also behind a pooler of transactions.
class RunGuard {
 public:
  /// `session` does nothing else. With a wait of zero it throws at once where another one is at work. @throws
  /// Error (target) 55006 after the wait. @throws Stopped
  RunGuard(std::shared_ptr<Connection> session, const RunIdentity& run,
           std::chrono::milliseconds longest_wait, const std::stop_token& stop);
  RunGuard(const RunGuard&) = delete;
  RunGuard& operator=(const RunGuard&) = delete;
  ~RunGuard();

 private:
  std::shared_ptr<Connection> session_;
};

/// The run to go on with, or a new one. Called under a RunGuard. @throws Error (config) if the key was used
/// for other content.
[[nodiscard]] RunRecord take_run(Connection& session, const RunIdentity& run, bool begins_new,
                                 const std::stop_token& stop);

/// The jobs of that prefix that the ledger has as done.
[[nodiscard]] std::set<std::string> done_jobs(Connection& session, const std::string& prefix,
                                              const std::stop_token& stop);

/// `summary` is JSON.
void end_run(Connection& session, const std::string& id, bool is_done, const std::string& summary,
             const std::stop_token& stop);

/// Ids of runs of the document beyond the last `kept`, oldest first.
[[nodiscard]] std::vector<std::string> old_runs(Connection& session, const std::string& document,
                                                std::size_t kept, const std::stop_token& stop);
/// Removes what the session's ledger has of a run's jobs.
void forget_jobs(Connection& session, const std::string& id, const std::stop_token& stop);
/// Removes the run itself.
void forget_run(Connection& session, const std::string& id, const std::stop_token& stop);

/// "run/<id>/".
[[nodiscard]] std::string job_prefix(const std::string& id);

}  // namespace leat::runs_detail
