#pragma once

#include <random>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/seed.hpp"

namespace leat::test {

/// The seed of the running test case and how often it is to be repeated. Says both on stderr, once for each
/// test case, and with each failure. Lives as long as what draws from it; used by the test's own thread
/// alone.
class RandomRun {
 public:
  /// See rounds().
  explicit RandomRun(std::size_t full = 1, std::size_t least = 1)
      : rounds_(test::rounds(full, least)),
        message_(Catch::MessageBuilder("INFO", CATCH_INTERNAL_LINEINFO, Catch::ResultWas::Info)
                 << announced(rounds_, full)) {}

  [[nodiscard]] std::uint32_t seed() const { return test::seed(); }
  [[nodiscard]] std::size_t rounds() const { return rounds_; }

 private:
  static std::string announced(std::size_t made, std::size_t full) {
    const std::string test = Catch::getResultCapture().getCurrentTestName();
    std::string line = how_to_repeat(test, made, full);
    // Each of a test case's sections and generated values is a run of its own.
    static std::string last;
    if (std::exchange(last, test) != test) std::fprintf(stderr, "%s\n", line.c_str());
    return line;
  }

  std::size_t rounds_;
  Catch::ScopedMessage message_;
};

/// Whether one of many cases that are alike is tried in this run: every one with the full count of rounds,
/// else about half of them.
template <class Engine>
[[nodiscard]] bool is_chosen(Engine& random) {
  const bool heads = std::bernoulli_distribution()(random);
  return heads || rounds(100) >= 100;
}

/// SQL that makes a session's random() draw from there.
template <class Engine>
[[nodiscard]] std::string seed_of_session(Engine& random) {
  return "SET seed = " + std::to_string(std::uniform_real_distribution<>(0, 1)(random)) + "; ";
}

}  // namespace leat::test
