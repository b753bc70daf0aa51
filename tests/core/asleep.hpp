#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

#include "core/watchdog.hpp"

/// Says when a thread really blocks, as the kernel sees it, so that a test of a wake-up has somebody to wake.
class Sleeper {
 public:
  /// Called by the thread, right before the operation that is to block.
  void about_to_block() { thread_ = static_cast<int>(syscall(SYS_gettid)); }

  /// Returns once that thread sleeps.
  void await_asleep() const {
    for (;; std::this_thread::yield()) {
      Watchdog::check();
      const int thread = thread_;
      if (thread == 0) continue;
      std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
      std::string line;
      std::getline(file, line);
      const auto name_end = line.rfind(')');
      if (name_end != std::string::npos && line.substr(name_end + 1, 2) == " S") return;
    }
  }

 private:
  std::atomic<int> thread_{0};
};
