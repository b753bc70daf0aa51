#pragma once

#include <poll.h>

#include <chrono>

#include "command.hpp"
#include "support/catch.hpp"

// For the test's own thread.
namespace leat::test {

/// Returns once the condition is met: true; or false when that takes longer.
template <class Condition>
[[nodiscard]] bool comes_true(const Condition& condition, std::chrono::milliseconds limit = patience) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

/// Returns once the condition is met; fails the test when that takes too long.
template <class Condition>
void wait_until(const Condition& condition) {
  REQUIRE(comes_true(condition));
}

/// Waits until the command sleeps, as one that waits for somebody does.
inline void wait_until_asleep(const RunningCommand& running) {
  int quiet = 0;
  wait_until([&] {
    REQUIRE_FALSE(running.has_ended());
    quiet = running.is_asleep() ? quiet + 1 : 0;
    ::poll(nullptr, 0, 15);
    return quiet >= 3;
  });
}

}  // namespace leat::test
