#include "jobs/load/replica_lag.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {
namespace {

using namespace std::chrono_literals;

constexpr auto time_between_questions = 1s;

/// A row for each that follows the log: all but the process number is null to a role that may not see more.
constexpr const char* lag_query =
    "SELECT pg_catalog.pg_current_wal_flush_lsn(), r.state IS NULL, COALESCE(r.application_name, ''), "
    "r.replay_lsn, (EXTRACT(epoch FROM r.replay_lag) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8, "
    "CURRENT_USER FROM pg_catalog.pg_stat_replication r";

[[noreturn]] void throw_hidden(std::string_view role) {
  throw Error(ErrorKind::config,
              "the role \"" + std::string(role) + "\" may not see how far the target's replicas are",
              {.sqlstate = "42501",
               .hint = "grant it pg_monitor (or pg_read_all_stats), or load without a limit for their lag"});
}

std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

void LogHistory::note(time_point now, Lsn end, std::span<const ReplicaPosition> replicas) {
  Lsn all_have = end;
  for (const auto& replica : replicas) all_have = std::min(all_have, replica.replayed);
  while (!samples_.empty() && samples_.front().end <= all_have) samples_.pop_front();
  if (samples_.empty() || samples_.back().end < end) samples_.push_back({now, end});
}

std::chrono::milliseconds LogHistory::age(time_point now, Lsn replayed) const {
  const auto missing = std::upper_bound(samples_.begin(), samples_.end(), replayed,
                                        [](Lsn lsn, const Sample& sample) { return lsn < sample.end; });
  if (missing == samples_.end()) return 0ms;
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - missing->at);
}

ReplicaLagState judge_replicas(std::span<const ReplicaPosition> replicas, Lsn end, const LogHistory& history,
                               LogHistory::time_point now, std::chrono::milliseconds limit) {
  ReplicaLagState worst;
  for (const auto& replica : replicas) {
    if (replica.replayed >= end) continue;
    const auto lag = std::max(replica.measured_lag.value_or(0ms), history.age(now, replica.replayed));
    if (!worst.replica.empty() && lag <= worst.lag) continue;
    worst = {
        .replica = replica.name, .lag = lag, .behind = ByteCount{end.position - replica.replayed.position}};
  }
  worst.pause = limit > 0ms && worst.lag > limit;
  return worst;
}

ReplicaLagState ReplicaLag::ask(LogHistory::time_point now, std::chrono::milliseconds limit,
                                const std::stop_token& stop) {
  if (!session_) session_ = open_(stop);
  const Result result = session_->execute(lag_query, {}, stop);
  std::vector<ReplicaPosition> replicas;
  for (std::size_t row = 0; row < result.rows(); ++row) {
    if (result.boolean(row, 1)) throw_hidden(result.text(row, 5));
    if (result.is_null(row, 3)) continue;
    ReplicaPosition replica{.name = std::string(result.text(row, 2)),
                            .replayed = Lsn::parse(result.text(row, 3))};
    if (!result.is_null(row, 4)) replica.measured_lag = std::chrono::milliseconds(result.integer(row, 4));
    replicas.push_back(std::move(replica));
  }
  if (replicas.empty()) return {};
  const Lsn end = Lsn::parse(result.text(0, 0));
  history_.note(now, end, replicas);
  return judge_replicas(replicas, end, history_, now, limit);
}

const ReplicaLagState& ReplicaLag::poll(LogHistory::time_point now, std::chrono::milliseconds limit,
                                        const std::stop_token& stop) {
  if (limit <= 0ms) {
    state_ = {};
    return state_;
  }
  if (asked_ && now - *asked_ < time_between_questions) return state_;
  asked_ = now;
  try {
    ReplicaLagState state = ask(now, limit, stop);
    if (state.pause && !state_.pause) {
      log_.warning("writing pauses: the replica \"" + state.replica + "\" is " + in_seconds(state.lag) +
                   " behind, and " + format_bytes(state.behind) + " of the log");
    } else if (!state.pause && state_.pause) {
      log_.info("writing goes on: no replica is more than " + in_seconds(limit) + " behind");
    }
    state_ = std::move(state);
  } catch (const Error& error) {
    if (!error.retryable()) throw;
    log_.warning(std::string("cannot ask how far replicas are: ") + error.what());
    session_.reset();
  }
  return state_;
}

}  // namespace leat::jobs_detail
