#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/core/log.hpp"
#include "leat/data/lsn.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How far one replica is, as the server that it follows knows.
struct ReplicaPosition {
  std::string name{};                                       ///< its application_name
  Lsn replayed{};                                           ///< everything before is visible there
  std::optional<std::chrono::milliseconds> measured_lag{};  ///< by the server, of what was replayed last
};

/// The replica that is farthest behind in time.
struct ReplicaLagState {
  bool pause = false;               ///< it is farther behind than the limit
  std::string replica{};            ///< its name; "" where there is none
  std::chrono::milliseconds lag{};  ///< between a change here and there, at least
  ByteCount behind{};               ///< of the log that it has not replayed
};

/// When the log's end was seen to be where: what the server measures says nothing of a replica that has
/// stopped replaying. Used by one thread.
class LogHistory {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Notes that the log ends there now, and forgets what all replicas have replayed.
  void note(time_point now, Lsn end, std::span<const ReplicaPosition> replicas);
  /// How long the oldest change that was not replayed is known to be there.
  [[nodiscard]] std::chrono::milliseconds age(time_point now, Lsn replayed) const;

 private:
  struct Sample {
    time_point at;
    Lsn end;
  };
  std::deque<Sample> samples_;  // both ascend
};

/// Judges replicas by a limit; zero is no limit. One that has replayed all is not behind, whatever was
/// measured before. A pure function.
[[nodiscard]] ReplicaLagState judge_replicas(std::span<const ReplicaPosition> replicas, Lsn end,
                                             const LogHistory& history, LogHistory::time_point now,
                                             std::chrono::milliseconds limit);

/// Asks the target how far its replicas are, at most once a second, by a session of its own. What replays
/// counts, a subscription too; what only keeps the log (pg_receivewal, a backup) does not, nor does a replica
/// that is not connected. Used by one thread at a time.
class ReplicaLag {
 public:
  using Open = std::function<std::shared_ptr<Connection>(const std::stop_token&)>;

  /// `log` hears when replicas are too far behind, and when they are not any more.
  explicit ReplicaLag(Open open, Logger log = {}) : open_(std::move(open)), log_(std::move(log)) {}

  /// The state of now, or of less than a second ago. `limit` zero: nothing is asked. A session that is lost
  /// is opened anew by a later call; till then the state stays. @throws Error (config) where the role may not
  /// see what replicas do. @throws Stopped
  const ReplicaLagState& poll(LogHistory::time_point now, std::chrono::milliseconds limit,
                              const std::stop_token& stop);

 private:
  [[nodiscard]] ReplicaLagState ask(LogHistory::time_point now, std::chrono::milliseconds limit,
                                    const std::stop_token& stop);

  // Constant after construction
  const Open open_;
  const Logger log_;

  // Used by one thread at a time
  std::shared_ptr<Connection> session_;
  std::optional<LogHistory::time_point> asked_;
  LogHistory history_;
  ReplicaLagState state_;
};

}  // namespace leat::jobs_detail
