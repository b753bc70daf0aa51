#pragma once

#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/stream_job.hpp"

namespace leat::jobs_detail {

/// Pairs of sessions for tables that are copied at the same time, the sources all in one snapshot.
/// Thread-safe.
class SessionPairs {
 public:
  SessionPairs(ResolvedConnection source, ResolvedConnection target, const StreamOptions& options)
      : source_(std::move(source)), target_(std::move(target)), options_(options) {}

  /// Opens the session that has the snapshot and keeps it, without any work of its own: an error there would
  /// end the snapshot. Call it first, on one thread.
  [[nodiscard]] std::shared_ptr<Connection> lead(const std::stop_token& stop) {
    leader_ = connect(source_, ErrorKind::source, options_, stop);
    leader_->begin(source_transaction, stop);
    snapshot_ = leader_->execute("SELECT pg_catalog.pg_export_snapshot()", {}, stop).text(0, 0);
    return leader_;
  }

  /// A pair; the target's session is outside of any transaction.
  [[nodiscard]] JobSessions take(const std::stop_token& stop) {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        JobSessions pair = std::move(idle_.back());
        idle_.pop_back();
        return pair;
      }
    }
    JobSessions pair{.source = connect(source_, ErrorKind::source, options_, stop),
                     .target = connect(target_, ErrorKind::target, options_, stop)};
    pair.source->begin(source_transaction, stop);
    static_cast<void>(
        pair.source->execute("SET TRANSACTION SNAPSHOT " + pair.source->quote_literal(snapshot_), {}, stop));
    return pair;
  }

  /// Takes a pair back that works.
  void give_back(JobSessions pair) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(pair));
  }

 private:
  const ResolvedConnection source_;
  const ResolvedConnection target_;
  const StreamOptions& options_;
  std::shared_ptr<Connection> leader_;
  std::string snapshot_;

  std::mutex mutex_;
  // Guarded by mutex_
  std::vector<JobSessions> idle_;
};

}  // namespace leat::jobs_detail
