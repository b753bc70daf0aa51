#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace leat::test {

/// A whole number from the environment, or `otherwise` where there is no such variable.
/// @throws std::invalid_argument for what is none, or too large.
inline std::uint32_t number_from_environment(const char* name, std::uint32_t otherwise) {
  const char* given = std::getenv(name);
  if (given == nullptr) return otherwise;
  const std::string_view text(given);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw std::invalid_argument(std::string(name) + " must be a whole number below 2^32, and is \"" + given +
                                "\"");
  }
  return number;
}

/// What all random numbers of this process come from: LEAT_SEED, or else a number that differs each time.
inline std::uint32_t seed() {
  static const std::uint32_t chosen = number_from_environment("LEAT_SEED", std::random_device{}());
  return chosen;
}

/// How many of `full` rounds are made: LEAT_ROUNDS percent of them, or else ten, but `least` at least.
inline std::size_t rounds(std::size_t full, std::size_t least = 1) {
  const std::size_t percent = number_from_environment("LEAT_ROUNDS", 10);
  if (percent == 0) throw std::invalid_argument("LEAT_ROUNDS must be 1 percent or more");
  const std::size_t made = full * percent / 100;
  return made > least ? made : least;
}

/// What repeats a test: "LEAT_SEED=4711 (100 of 1000 rounds): the test's name".
inline std::string how_to_repeat(std::string_view test, std::size_t made, std::size_t full) {
  return "LEAT_SEED=" + std::to_string(seed()) + " (" + std::to_string(made) + " of " + std::to_string(full) +
         " rounds): " + std::string(test);
}

}  // namespace leat::test
