#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/postgres/connection.hpp"

namespace leat::jobs_detail {

/// The sessions that read a table's slices: the job's first one, and others that are opened when a thread
/// needs one. Where no more can be had (the server is full, or somebody waits for a lock on the table)
/// threads wait for those that there are. Thread-safe.
class SourceSessions {
 public:
  using Open = std::function<std::shared_ptr<Connection>(const std::stop_token&)>;
  using Tell = std::function<void(const Error&)>;

  /// `first` must outlive it.
  SourceSessions(Connection& first, Open open, Tell on_full)
      : open_(std::move(open)), on_full_(std::move(on_full)), idle_{&first} {}

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
    while (idle_.empty() && !full_) {
      lock.unlock();
      auto opened = try_open(stop);
      lock.lock();
      if (!opened) {
        full_ = true;
        break;
      }
      idle_.reserve(opened_.size() + 2);  // giving back never allocates
      opened_.push_back(std::move(opened));
      return {*this, *opened_.back()};
    }
    if (!changed_.wait(lock, stop, [this] { return !idle_.empty(); })) throw Stopped{};
    Connection* const session = idle_.back();
    idle_.pop_back();
    return {*this, *session};
  }

 private:
  void give_back(Connection& session) noexcept {
    const std::lock_guard lock(mutex_);
    idle_.push_back(&session);
    changed_.notify_one();
  }

  /// Null where there can be no more.
  [[nodiscard]] std::shared_ptr<Connection> try_open(const std::stop_token& stop) {
    try {
      return open_(stop);
    } catch (const Error& error) {
      constexpr std::string_view lock_not_available = "55P03";
      constexpr std::string_view too_many_connections = "53300";
      if (error.sqlstate() != lock_not_available && error.sqlstate() != too_many_connections) throw;
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
  std::vector<Connection*> idle_;
  std::vector<std::shared_ptr<Connection>> opened_;
};

}  // namespace leat::jobs_detail
