#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

/// Lets one at a time do what may take long; whoever waits hears a stop. Thread-safe.
class Turn {
 public:
  /// Runs `body` when it is its turn. @throws Stopped
  template <class Body>
  decltype(auto) take(const std::stop_token& stop, const Body& body) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return !is_taken_; })) throw Stopped();
      is_taken_ = true;
    }
    const Release release{*this};
    return body();
  }

 private:
  struct Release {
    Turn& turn;
    explicit Release(Turn& of) : turn(of) {}
    Release(const Release&) = delete;
    Release& operator=(const Release&) = delete;
    ~Release() {
      const std::lock_guard lock(turn.mutex_);
      turn.is_taken_ = false;
      turn.changed_.notify_one();
    }
  };

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_taken_ = false;  // guarded by mutex_
};

}  // namespace leat::jobs_detail
