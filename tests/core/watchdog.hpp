#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <stop_token>
#include <thread>

/// Aborts the process with a message when it lives longer than a minute: a test that hangs fails.
class Watchdog {
 public:
  explicit Watchdog(const char* test) {
    thread_ = std::jthread([this, test](const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (!stop.stop_requested()) {
        if (over_.wait_until(lock, deadline) == std::cv_status::timeout && !stop.stop_requested()) {
          std::fprintf(stderr, "watchdog: \"%s\" did not end within 60 s\n", test);
          std::abort();
        }
      }
    });
  }
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      thread_.request_stop();
    }
    over_.notify_all();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  std::jthread thread_;
};
