#pragma once

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace leat::cli {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request, and another of them, a while later, into the end of
/// the process. Under nohup(1) a SIGHUP does nothing. SIGPIPE is ignored. Made before any other thread, so
/// that all inherit the blocked signals; lives until the end of main().
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  /// `code`, or 128 + n if that tells of a stop and signal n has requested it.
  [[nodiscard]] int exit_code(int code) const;

 private:
  void wait_for_signals(const std::stop_token& done);

  sigset_t signals_{};
  std::atomic<int> signal_{0};  // the first one
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace leat::cli
