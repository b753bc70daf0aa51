#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace leat::jobs_detail {

/// A token that is asked to stop some time after another one was: whoever is stopped still has that long to
/// learn what has become of a COMMIT. Thread-safe.
class LateStop {
 public:
  LateStop(std::stop_token first, std::chrono::milliseconds delay)
      : thread_([this, first = std::move(first), delay](const std::stop_token& end) {
          run(first, delay, end);
        }) {}

  [[nodiscard]] std::stop_token token() const { return late_.get_token(); }

 private:
  void run(const std::stop_token& first, std::chrono::milliseconds delay, const std::stop_token& end) {
    std::mutex mutex;
    std::condition_variable_any changed;
    const std::stop_callback wake(first, [&] {
      { const std::lock_guard lock(mutex); }
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    if (!changed.wait(lock, end, [&first] { return first.stop_requested(); })) return;
    static_cast<void>(changed.wait_for(lock, end, delay, [] { return false; }));
    if (!end.stop_requested()) late_.request_stop();
  }

  std::stop_source late_;
  std::jthread thread_;  // the last, since it uses the other
};

}  // namespace leat::jobs_detail
