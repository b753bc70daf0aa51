#include "leat/core/progress.hpp"

#include <chrono>

#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Progress;

TEST_CASE("Progress: the rate is the mean since the start", "[core]") {
  const auto rate = Progress{.rows = 100, .bytes = 5000, .elapsed = 2s}.rate();
  CHECK(rate.rows == 50.0);
  CHECK(rate.bytes == 2500.0);
  CHECK(Progress{.rows = 100}.rate().rows == 0.0);
}

TEST_CASE("Progress: the remaining time follows the rows where their number is known, else the bytes",
          "[core]") {
  CHECK(Progress{.rows = 25, .rows_expected = 100, .elapsed = 10s}.eta() == 30s);
  CHECK(
      Progress{.rows = 25, .bytes = 50, .rows_expected = 100, .bytes_expected = 100, .elapsed = 10s}.eta() ==
      30s);
  CHECK(Progress{.bytes = 50, .bytes_expected = 100, .elapsed = 10s}.eta() == 10s);
  CHECK(Progress{.rows = 100, .rows_expected = 100, .elapsed = 10s}.eta() == 0s);
}

TEST_CASE("Progress: the remaining time is unknown where it cannot be known", "[core]") {
  CHECK_FALSE(Progress{.rows = 25, .elapsed = 10s}.eta().has_value());
  CHECK_FALSE(Progress{.rows = 0, .rows_expected = 100, .elapsed = 10s}.eta().has_value());
  CHECK_FALSE(Progress{.rows = 101, .rows_expected = 100, .elapsed = 10s}.eta().has_value());
  CHECK_FALSE(Progress{.rows = 0, .rows_expected = 0, .elapsed = 10s}.eta().has_value());
  CHECK_FALSE(Progress{.rows = 1}.fraction().has_value());
}
