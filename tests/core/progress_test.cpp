#include "leat/core/progress.hpp"

#include <chrono>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Progress;

TEST_CASE("Progress: the rate is the mean since the start", "[core]") {
  const auto rate = leat::rate({.rows = 100, .bytes = 5000, .elapsed = 2s});
  CHECK(rate.rows == 50.0);
  CHECK(rate.bytes == 2500.0);
  CHECK(leat::rate({.rows = 100}).rows == 0.0);
}

TEST_CASE("Progress: the remaining time follows the rows where their number is known, else the bytes",
          "[core]") {
  CHECK(leat::eta({.rows = 25, .rows_expected = 100, .elapsed = 10s}) == 30s);
  CHECK(leat::eta({.rows = 25, .bytes = 50, .rows_expected = 100, .bytes_expected = 100, .elapsed = 10s}) ==
        30s);
  CHECK(leat::eta({.bytes = 50, .bytes_expected = 100, .elapsed = 10s}) == 10s);
  CHECK(leat::eta({.rows = 100, .rows_expected = 100, .elapsed = 10s}) == 0s);
}

TEST_CASE("Progress: the remaining time is unknown where it cannot be known", "[core]") {
  CHECK_FALSE(leat::eta({.rows = 25, .elapsed = 10s}).has_value());
  CHECK_FALSE(leat::eta({.rows = 0, .rows_expected = 100, .elapsed = 10s}).has_value());
  CHECK_FALSE(leat::eta({.rows = 101, .rows_expected = 100, .elapsed = 10s}).has_value());
  CHECK_FALSE(leat::eta({.rows = 0, .rows_expected = 0, .elapsed = 10s}).has_value());
  CHECK_FALSE(leat::fraction({.rows = 1}).has_value());
}
