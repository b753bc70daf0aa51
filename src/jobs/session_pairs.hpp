#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/stream_job.hpp"

namespace leat::jobs_detail {

/// Pairs of sessions for tables that are copied at the same time, the sources all in one snapshot.
/// Thread-safe, but for lead() and seed().
class SessionPairs {
 public:
  SessionPairs(ResolvedConnection source, ResolvedConnection target, const StreamOptions& options)
      : source_(std::move(source)), target_(std::move(target)), options_(options) {}

  [[nodiscard]] std::shared_ptr<Connection> open_source(const std::stop_token& stop) const {
    return connect(source_, ErrorKind::source, options_, stop);
  }
  [[nodiscard]] std::shared_ptr<Connection> open_target(const std::stop_token& stop) const {
    return connect(target_, ErrorKind::target, options_, stop);
  }

  /// Makes this session the one that locks the tables and has the snapshot, and keeps it, without any work
  /// that could fail: an error there would end the snapshot. Returns the errors of locks, see begin_source().
  std::vector<std::optional<Error>> lead(std::shared_ptr<Connection> leader,
                                         std::span<const TableName> tables, const std::stop_token& stop) {
    leader_ = std::move(leader);
    auto errors = begin_source(*leader_, tables, stop);
    snapshot_ = leader_->execute("SELECT pg_catalog.pg_export_snapshot()", {}, stop).text(0, 0);
    return errors;
  }

  /// Gives a session with the target, outside of any transaction, to the first pair that is taken.
  void seed(std::shared_ptr<Connection> target) { seed_ = std::move(target); }

  /// A pair; the target's session is outside of any transaction.
  [[nodiscard]] JobSessions take(const std::stop_token& stop) {
    JobSessions pair;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        pair = std::move(idle_.back());
        idle_.pop_back();
        return pair;
      }
      pair.target = std::exchange(seed_, nullptr);
    }
    if (!pair.target) pair.target = open_target(stop);
    pair.source = open_source(stop);
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
  std::shared_ptr<Connection> seed_;
  std::vector<JobSessions> idle_;
};

}  // namespace leat::jobs_detail
