#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace leat::cli {

/// Turns SIGINT and SIGTERM into a stop request. Made before any other thread, so that all inherit the
/// blocked signals; lives until the end of main().
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  sigset_t signals_{};
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace leat::cli
