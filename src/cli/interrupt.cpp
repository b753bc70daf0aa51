#include "cli/interrupt.hpp"

#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <string_view>

#include "cli/exit_code.hpp"
#include "leat/core/detail/descriptor.hpp"

namespace leat::cli {
namespace {

constexpr int signal_base = 128;

bool is_ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// What is under way ends as if the process were killed.
[[noreturn]] void end_at_once(int signal) {
  constexpr std::string_view words = "leat: ended at once by another signal\n";
  std::stop_source now;
  now.request_stop();
  static_cast<void>(detail::write_all(STDERR_FILENO, words, now.get_token()));
  ::_exit(signal_base + signal);
}

}  // namespace

Interrupt::Interrupt() {
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  if (!is_ignored(SIGHUP)) sigaddset(&signals_, SIGHUP);
  sigaddset(&signals_, SIGUSR1);  // the destructor's word to the waiter
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& done) { wait_for_signals(done); });
}

Interrupt::~Interrupt() {
  waiter_.request_stop();
  pthread_kill(waiter_.native_handle(), SIGUSR1);
}

int Interrupt::exit_code(int code) const {
  const int signal = signal_;
  return code == exit_stopped && signal != 0 ? signal_base + signal : code;
}

void Interrupt::wait_for_signals(const std::stop_token& done) {
  using Clock = std::chrono::steady_clock;
  // A terminal that closes, and timeout(1), send the same signal twice; and a stop has its time to end well.
  constexpr auto grace = std::chrono::seconds(5);
  Clock::time_point first;
  while (!done.stop_requested()) {
    int signal = 0;
    sigwait(&signals_, &signal);
    if (signal == SIGUSR1) continue;
    if (stop_.stop_requested()) {
      if (Clock::now() - first > grace) end_at_once(signal);
      continue;
    }
    first = Clock::now();
    signal_ = signal;
    stop_.request_stop();
  }
}

}  // namespace leat::cli
