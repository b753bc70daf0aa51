#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {

/// The sessions that read a table's slices: the job's first one, and others that are opened when a thread
/// needs one. Where no more can be had (the server is full, or somebody waits for a lock on the table)
/// threads wait for those that there are. A session that has broken is not given out again. Thread-safe.
class SourceSessions {
 public:
  using Open = std::function<std::shared_ptr<Connection>(const std::stop_token&)>;
  using Tell = std::function<void(const Error&)>;

  /// `first` must outlive it; null: there is none to begin with.
  SourceSessions(Connection* first, Open open, Tell on_full)
      : open_(std::move(open)), on_full_(std::move(on_full)) {
    if (first == nullptr) return;
    idle_.push_back(first);
    alive_ = 1;
  }

  /// A session, for one thread; it goes back when the lease ends.
  class Lease {
   public:
    Lease(SourceSessions& owner, Connection& session) : owner_(owner), session_(session) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { owner_.give_back(session_); }

    [[nodiscard]] Connection& operator*() const { return session_; }

   private:
    SourceSessions& owner_;
    Connection& session_;
  };

  /// @throws what opening a session throws, but for what only says that there can be no more. @throws Stopped
  [[nodiscard]] Lease lease(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
      if (!idle_.empty()) {
        Connection* const session = idle_.back();
        idle_.pop_back();
        return {*this, *session};
      }
      if (full_ && alive_ > 0) {
        if (!changed_.wait(lock, stop, [this] { return !idle_.empty() || alive_ == 0; })) throw Stopped{};
        continue;
      }
      // Where there is none at all, waiting for one would be in vain.
      const bool must = alive_ == 0;
      ++alive_;
      lock.unlock();
      std::shared_ptr<Connection> opened;
      try {
        opened = try_open(must, stop);
      } catch (...) {
        lock.lock();
        lose_one();
        throw;
      }
      lock.lock();
      if (!opened) {
        full_ = true;
        lose_one();
        continue;
      }
      idle_.reserve(opened_.size() + 2);  // giving back never allocates
      opened_.push_back(std::move(opened));
      return {*this, *opened_.back()};
    }
  }

 private:
  void give_back(Connection& session) noexcept {
    const std::lock_guard lock(mutex_);
    if (!session.is_open() || session.has_failed() || !session.in_transaction()) {
      session.abort();
      lose_one();
      return;
    }
    idle_.push_back(&session);
    changed_.notify_one();
  }
  void lose_one() noexcept {
    --alive_;
    changed_.notify_all();
  }

  /// Null where there can be no more.
  [[nodiscard]] std::shared_ptr<Connection> try_open(bool must, const std::stop_token& stop) {
    try {
      return open_(stop);
    } catch (const Error& error) {
      constexpr std::string_view too_many_connections = "53300";
      if (must ||
          (error.sqlstate() != sqlstate::lock_not_available && error.sqlstate() != too_many_connections))
        throw;
      on_full_(error);
      return nullptr;
    }
  }

  const Open open_;
  const Tell on_full_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  bool full_ = false;
  std::size_t alive_ = 0;  // sessions, idle or not
  std::vector<Connection*> idle_;
  std::vector<std::shared_ptr<Connection>> opened_;
};

}  // namespace leat::jobs_detail
