#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection_factory.hpp"
#include "leat/postgres/session/session_options.hpp"

namespace leat::postgres_detail {

/// A session that reads.
struct SourceSession {
  std::unique_ptr<Connection> connection{};
  bool was_asked = false;  ///< for the query's columns, which stay until its transaction ends
};

/// Sessions that read, all in one snapshot unless that is not wanted. One more of them only holds the
/// snapshot, so that the loss of another one ends nothing. Thread-safe.
class SourceSessions {
 public:
  SourceSessions(ResolvedConnection source, SessionOptions options, bool one_snapshot);

  /// A session in a transaction, which nobody else has. @throws Error (source). @throws Stopped.
  [[nodiscard]] SourceSession take(const std::stop_token& stop);
  /// For whoever needs it next, if its transaction can go on; else it is closed.
  void give_back(SourceSession session) noexcept;
  /// Whether no more session can have the snapshot, since the one that held it was lost.
  [[nodiscard]] bool has_lost_snapshot() const;
  /// Ends the snapshot, and closes sessions that are not in use; those in use are closed when they are given
  /// back.
  void close() noexcept;

 private:
  [[nodiscard]] std::unique_ptr<Connection> open(const std::stop_token& stop) const;
  /// The name of the snapshot, which somebody holds then. Empty: each transaction has its own.
  [[nodiscard]] std::string snapshot(const std::stop_token& stop);
  void join_snapshot(Connection& session, const std::string& name, const std::stop_token& stop);

  // Constant after construction
  const ResolvedConnection source_;
  const SessionOptions options_;
  const bool one_snapshot_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  bool is_opening_ = false;  // somebody is about to take the snapshot
  std::unique_ptr<Connection> holder_;
  std::string snapshot_;
  bool has_lost_snapshot_ = false;
  std::vector<SourceSession> idle_;
  std::vector<const Connection*> in_use_;  // that see the snapshot of now
};

}  // namespace leat::postgres_detail
