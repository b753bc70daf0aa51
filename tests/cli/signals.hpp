#pragma once

#include <poll.h>
#include <signal.h>

#include <array>
#include <random>

#include "command.hpp"
#include "words.hpp"

namespace leat::test {

/// The signals that ask a command to stop.
inline constexpr std::array stop_signals{SIGINT, SIGTERM, SIGHUP};

/// What became of a command that was asked to stop.
struct Stopped {
  int signal = 0;
  Outcome outcome;
};

/// Starts the command, and sends it any of these signals at any moment of its first `most` milliseconds.
[[nodiscard]] inline Stopped stop_at_any_moment(const Words& words, unsigned most, std::mt19937& random) {
  const int signal = stop_signals[random() % stop_signals.size()];
  RunningCommand running(words);
  ::poll(nullptr, 0, static_cast<int>(random() % most));
  running.send(signal);
  return {.signal = signal, .outcome = running.wait()};
}

}  // namespace leat::test
