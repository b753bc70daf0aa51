#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "leat/postgres/connection.hpp"

namespace leat::jobs_detail {

/// The sessions that read a table's slices: the job's first one, and others that are opened when a thread
/// needs one. Thread-safe; it never waits for a session, so there are as many as threads at most.
class SourceSessions {
 public:
  using Open = std::function<std::unique_ptr<Connection>(const std::stop_token&)>;

  /// `first` must outlive it.
  SourceSessions(Connection& first, Open open) : open_(std::move(open)), idle_{&first} {}

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

  /// @throws what opening a session throws.
  [[nodiscard]] Lease lease(const std::stop_token& stop) {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        Connection* const session = idle_.back();
        idle_.pop_back();
        return {*this, *session};
      }
    }
    auto opened = open_(stop);
    const std::lock_guard lock(mutex_);
    idle_.reserve(opened_.size() + 2);  // giving back never allocates
    opened_.push_back(std::move(opened));
    return {*this, *opened_.back()};
  }

 private:
  void give_back(Connection& session) noexcept {
    const std::lock_guard lock(mutex_);
    idle_.push_back(&session);
  }

  const Open open_;
  std::mutex mutex_;
  // Guarded by mutex_
  std::vector<Connection*> idle_;
  std::vector<std::unique_ptr<Connection>> opened_;
};

}  // namespace leat::jobs_detail
