#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"

/// Fails a test that lives longer than a minute. What hangs is ended by the test's Releases, so that the test
/// unwinds; where they do not end it within another minute the program ends, since a thread that hangs cannot
/// be joined. One at a time, made and destroyed by the test's own thread.
class Watchdog {
 public:
  /// Ends something that the test waits for, once the test's time is over. Lives no longer than that
  /// something, and is not destroyed while it ends it. `end` is called by another thread, or at once where
  /// the time is over.
  class Release {
   public:
    explicit Release(std::function<void()> end) : end_(std::move(end)) {
      const std::lock_guard lock(releases_mutex);
      releases.push_back(this);
      if (time_is_over) end_();
    }
    Release(const Release&) = delete;
    Release& operator=(const Release&) = delete;
    ~Release() {
      const std::lock_guard lock(releases_mutex);
      releases.erase(std::find(releases.begin(), releases.end(), this));
    }

   private:
    friend Watchdog;
    std::function<void()> end_;
  };

  explicit Watchdog(const char* test) : test_(test) {
    time_is_over = false;
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  }
  ~Watchdog() {
    thread_.request_stop();
    thread_.join();
    const bool was_in_time = !time_is_over.exchange(false);
    INFO("\"" << test_ << "\" did not end within " << leat::test::patience.count() << " s");
    CHECK(was_in_time);
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  [[nodiscard]] static bool is_over() { return time_is_over; }
  /// For a loop that asks again and again. @throws std::runtime_error once the test's time is over.
  static void check() {
    if (time_is_over) throw std::runtime_error("the test's time is over");
  }

 private:
  void watch(const std::stop_token& stop) {
    if (!passes(stop)) return;
    std::fprintf(stderr, "watchdog: \"%s\" did not end in time, and is ended\n", test_);
    const std::jthread releasing([] {
      const std::lock_guard lock(releases_mutex);
      time_is_over = true;
      for (const Release* release : releases) release->end_();
    });
    if (!passes(stop)) return;
    std::fprintf(stderr, "watchdog: \"%s\" cannot be ended\n", test_);
    std::abort();
  }

  /// Whether the time passes before a stop comes.
  bool passes(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    return !over_.wait_for(lock, stop, leat::test::patience, [&stop] { return stop.stop_requested(); });
  }

  static inline std::mutex releases_mutex;
  static inline std::vector<Release*> releases;  // guarded by it
  static inline std::atomic<bool> time_is_over{false};

  const char* test_;
  std::mutex mutex_;
  std::condition_variable_any over_;
  std::jthread thread_;
};

/// The body of a thread of a test; Stopped ends it without a word once the test's time is over.
template <class Body>
[[nodiscard]] auto until_time_is_over(Body body) {
  return [body = std::move(body)]() mutable {
    try {
      body();
    } catch (const leat::Stopped&) {
      if (!Watchdog::is_over()) throw;
    }
  };
}
