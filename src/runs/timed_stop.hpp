#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace leat::runs_detail {

/// A token that is asked to stop when another one is, or when a time is over. Thread-safe.
class TimedStop {
 public:
  /// Without a limit the time is never over.
  TimedStop(const std::stop_token& first, std::optional<std::chrono::milliseconds> limit)
      : forward_(first, Forward{source_}) {
    if (limit) {
      thread_ = std::jthread([this, limit = *limit](const std::stop_token& end) { wait(limit, end); });
    }
  }
  TimedStop(const TimedStop&) = delete;
  TimedStop& operator=(const TimedStop&) = delete;
  ~TimedStop() = default;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  struct Forward {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };

  void wait(std::chrono::milliseconds limit, const std::stop_token& end) {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    static_cast<void>(changed.wait_for(lock, end, limit, [] { return false; }));
    if (!end.stop_requested()) source_.request_stop();
  }

  std::stop_source source_;
  std::stop_callback<Forward> forward_;
  std::jthread thread_;  // the last, since it uses the others
};

}  // namespace leat::runs_detail
