#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/prepare/early_session.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "leat/core/detail/message_of.hpp"

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
  void seed(std::shared_ptr<Connection> target) { seed_ = std::move(target); }

  /// A pair of one thread, which goes back when the lease ends if it was said to work, and is closed else,
  /// and with it its transactions. The target's session is outside of any transaction.
  class Lease {
   public:
    Lease(SessionPairs& owner, JobSessions pair) : owner_(&owner), pair_(std::move(pair)) {}
    Lease(Lease&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), pair_(std::move(other.pair_)), works_(other.works_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (owner_ != nullptr) owner_->end(std::move(pair_), works_);
    }

    [[nodiscard]] const JobSessions& operator*() const { return pair_; }
    [[nodiscard]] const JobSessions* operator->() const { return &pair_; }
    void set_works() { works_ = true; }

   private:
    SessionPairs* owner_;
    JobSessions pair_;
    bool works_ = false;
  };

  /// Waits for a pair that others have where the servers give no more sessions.
  [[nodiscard]] Lease take(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!changed_.wait(lock, stop, [this] { return !idle_.empty() || !full_; })) throw Stopped{};
      if (!idle_.empty()) {
        JobSessions pair = std::move(idle_.back());
        idle_.pop_back();
        return {*this, std::move(pair)};
      }
      // So that a pair can go back without memory of its own.
      idle_.reserve(count_ + 1);
      ++count_;
      JobSessions pair{.target = std::exchange(seed_, nullptr)};
      lock.unlock();
      std::exception_ptr error;
      try {
        open(pair, stop);
        return {*this, std::move(pair)};
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      --count_;
      changed_.notify_all();
      if (count_ == 0 || !is_full(error)) std::rethrow_exception(error);
      if (!full_) options_.log.warning("tables are copied by fewer sessions: " + detail::message_of(error));
      full_ = true;
    }
  }

 private:
  void open(JobSessions& pair, const std::stop_token& stop) {
    std::optional<EarlySession> target;
    if (!pair.target) target.emplace(target_, ErrorKind::target, options_, stop);
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
  }

  void end(JobSessions pair, bool works) noexcept {
    const std::lock_guard lock(mutex_);
    if (works) {
      idle_.push_back(std::move(pair));
    } else {
      --count_;
      full_ = false;
    }
    changed_.notify_all();
  }

  static bool is_full(const std::exception_ptr& error) {
    constexpr std::string_view too_many_connections = "53300";
    try {
      std::rethrow_exception(error);
    } catch (const Error& known) {
      return known.sqlstate() == too_many_connections;
    } catch (...) {
      return false;
    }
  }

  const ResolvedConnection source_;
  const ResolvedConnection target_;
  const StreamOptions& options_;
  std::shared_ptr<Connection> leader_;
  std::string snapshot_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::shared_ptr<Connection> seed_;
  std::vector<JobSessions> idle_;  // with room for count_ of them
  std::size_t count_ = 0;          // of pairs, in hands or idle
  bool full_ = false;              // more were refused
};

}  // namespace leat::jobs_detail
