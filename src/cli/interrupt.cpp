#include "cli/interrupt.hpp"

#include <pthread.h>

namespace leat::cli {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGUSR1);  // the destructor's word to the waiter
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& done) {
    while (!done.stop_requested()) {
      int signal = 0;
      sigwait(&signals_, &signal);
      if (signal != SIGUSR1) stop_.request_stop();
    }
  });
}

Interrupt::~Interrupt() {
  waiter_.request_stop();
  pthread_kill(waiter_.native_handle(), SIGUSR1);
}

}  // namespace leat::cli
