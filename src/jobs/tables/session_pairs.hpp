#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/prepare/early_session.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "leat/postgres/session/detail/session_keeper.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {

/// The sessions of one thread, the target's outside of any transaction. They are used again if the thread
/// says that they work. Else they are closed, and with them their transactions.
struct SessionPair : JobSessions {
  bool works = false;
};

/// Pairs of sessions for tables that are copied at the same time, the sources all in one snapshot. If the
/// servers give no more sessions, threads wait for the pairs of others. Thread-safe, but for lead() and
/// seed().
class SessionPairs {
 public:
  using Lease = postgres_detail::SessionKeeper<SessionPair>::Lease;

  SessionPairs(ResolvedConnection source, ResolvedConnection target, const StreamOptions& options)
      : source_(std::move(source)),
        target_(std::move(target)),
        options_(options),
        keeper_({.open = [this](const std::stop_token& stop) { return open(stop); },
                 .is_fit = [](SessionPair& pair) { return std::exchange(pair.works, false); },
                 .refusals = {sqlstate::too_many_connections},
                 .on_refusal =
                     [this](const Error& error) {
                       options_.log.warning(std::string("tables are copied by fewer sessions: ") +
                                            error.what());
                     },
                 .grows_after_loss = true}) {}

  [[nodiscard]] std::shared_ptr<Connection> open_source(const std::stop_token& stop) const {
    return connect(source_, ErrorKind::source, options_, stop);
  }
  [[nodiscard]] EarlySession open_target(const std::stop_token& stop) const {
    return {target_, ErrorKind::target, options_, stop};
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
  void seed(std::shared_ptr<Connection> target) {
    seed_ = std::move(target);
    has_seed_ = true;
  }

  /// A pair that works, or else a new one.
  [[nodiscard]] Lease take(const std::stop_token& stop) { return keeper_.lend(stop); }

 private:
  [[nodiscard]] SessionPair open(const std::stop_token& stop) {
    SessionPair pair;
    std::optional<EarlySession> target;
    if (has_seed_.exchange(false)) {
      pair.target = std::move(seed_);
    } else {
      target.emplace(target_, ErrorKind::target, options_, stop);
    }
    pair.source = open_source(stop);
    if (target) pair.target = target->take();
    pair.source->begin_with_next(source_transaction, stop);
    try {
      static_cast<void>(pair.source->execute(
          "SET TRANSACTION SNAPSHOT " + pair.source->quote_literal(snapshot_), {}, stop));
    } catch (const Error& error) {
      if (!pair.source->is_open()) throw;
      throw Error(ErrorKind::source,
                  "the session that held the snapshot of all tables was ended, so that no other can join it",
                  {.sqlstate = "55000", .detail = error.what(), .hint = "run the job again"});
    }
    return pair;
  }

  const ResolvedConnection source_;
  const ResolvedConnection target_;
  const StreamOptions& options_;
  std::shared_ptr<Connection> leader_;
  std::string snapshot_;
  std::atomic<bool> has_seed_ = false;
  std::shared_ptr<Connection> seed_;  // of whoever has taken has_seed_ away
  postgres_detail::SessionKeeper<SessionPair> keeper_;
};

}  // namespace leat::jobs_detail
