// Which rows of a refused batch are tried, without a server.
#include "jobs/rejects/row_narrowing.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <set>

#include "support/random.hpp"
#include "texts.hpp"

using leat::jobs_detail::RowNarrowing;
using leat::jobs_detail::RowRange;

namespace {

using Suspect = std::function<std::optional<std::size_t>(const RowRange&, std::size_t first_bad)>;

struct Outcome {
  std::vector<std::size_t> taken{};  // in the order of the tries
  std::set<std::size_t> refused{};
  std::size_t tries = 0;
  std::size_t rows_tried = 0;
};

/// Tries what the narrowing says against a target that refuses a range where it holds a bad row.
Outcome narrow(std::size_t rows, const std::set<std::size_t>& bad, const Suspect& suspect) {
  Outcome outcome;
  RowNarrowing narrowing(rows);
  while (const auto range = narrowing.next()) {
    ++outcome.tries;
    outcome.rows_tried += range->count;
    const auto first = bad.lower_bound(range->first);
    if (first == bad.end() || *first >= range->first + range->count) {
      narrowing.taken();
      for (std::size_t i = 0; i < range->count; ++i) outcome.taken.push_back(range->first + i);
    } else if (narrowing.refused(suspect(*range, *first))) {
      REQUIRE(range->count == 1);
      outcome.refused.insert(range->first);
    }
    REQUIRE(outcome.tries <= 20 * (rows + 1));
  }
  return outcome;
}

std::optional<std::size_t> no_suspect(const RowRange&, std::size_t) {
  return std::nullopt;
}

std::optional<std::size_t> exact(const RowRange& range, std::size_t first_bad) {
  return first_bad - range.first;
}

/// Every row but the bad ones was taken once, in order.
void check_outcome(const Outcome& outcome, std::size_t rows, const std::set<std::size_t>& bad) {
  CHECK(outcome.refused == bad);
  std::vector<std::size_t> good;
  for (std::size_t i = 0; i < rows; ++i) {
    if (!bad.contains(i)) good.push_back(i);
  }
  CHECK(outcome.taken == good);
}

double log_of(std::size_t rows) {
  return std::ceil(std::log2(static_cast<double>(std::max<std::size_t>(rows, 2))));
}

}  // namespace

TEST_CASE("RowNarrowing: a batch without a bad row is one try", "[jobs]") {
  const auto outcome = narrow(1000, {}, no_suspect);
  CHECK(outcome.tries == 1);
  check_outcome(outcome, 1000, {});
  CHECK(narrow(0, {}, no_suspect).tries == 0);
}

TEST_CASE("RowNarrowing: a single bad row, wherever it is, with and without a suspect", "[jobs]") {
  for (const std::size_t at : std::vector<std::size_t>{0, 1, 499, 500, 998, 999}) {
    const auto named = narrow(1000, {at}, exact);
    check_outcome(named, 1000, {at});
    CHECK(named.tries <= 4);
    CHECK(named.rows_tried <= 2 * 1000);
    const auto searched = narrow(1000, {at}, no_suspect);
    check_outcome(searched, 1000, {at});
    CHECK(searched.tries <= 2 + 10 * 1 + 10);
    CHECK(searched.rows_tried <= 3 * 1000);
  }
}

TEST_CASE("RowNarrowing: all rows bad, adjacent ones, a batch of one", "[jobs]") {
  std::set<std::size_t> all;
  for (std::size_t i = 0; i < 64; ++i) all.insert(i);
  check_outcome(narrow(64, all, exact), 64, all);
  const auto searched = narrow(64, all, no_suspect);
  check_outcome(searched, 64, all);
  CHECK(searched.tries <= 2 * 64);
  check_outcome(narrow(100, {40, 41, 42}, exact), 100, {40, 41, 42});
  check_outcome(narrow(1, {0}, no_suspect), 1, {0});
  CHECK(narrow(1, {0}, no_suspect).tries == 1);
}

TEST_CASE("RowNarrowing: a suspect that is not the bad row costs little, and misleads nobody", "[jobs]") {
  const Suspect last = [](const RowRange& range, std::size_t) { return range.count - 1; };
  const Suspect outside = [](const RowRange& range, std::size_t) { return range.count + 7; };
  for (const std::size_t at : std::vector<std::size_t>{0, 3, 700, 1023}) {
    for (const auto& suspect : {last, outside}) {
      const auto outcome = narrow(1024, {at}, suspect);
      check_outcome(outcome, 1024, {at});
      CHECK(outcome.tries <= 4 * 10 + 4);
      CHECK(outcome.rows_tried <= 6 * 1024);
    }
  }
}

TEST_CASE("RowNarrowing: bad rows at random are found in few tries", "[jobs][random]") {
  const leat::test::RandomRun run(400);
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    const std::size_t rows = 1 + random() % 3000;
    std::set<std::size_t> bad;
    const std::size_t wanted = random() % 12;
    for (std::size_t i = 0; i < wanted; ++i) bad.insert(random() % rows);
    const auto k = static_cast<double>(bad.size());

    const auto named = narrow(rows, bad, exact);
    check_outcome(named, rows, bad);
    CHECK(static_cast<double>(named.tries) <= 1 + 3 * k);

    const auto searched = narrow(rows, bad, no_suspect);
    check_outcome(searched, rows, bad);
    CHECK(static_cast<double>(searched.tries) <= 1 + k * (2 * log_of(rows) + 1));

    const Suspect any = [&random](const RowRange& range,
                                  std::size_t first_bad) -> std::optional<std::size_t> {
      if (random() % 3 == 0) return std::nullopt;
      if (random() % 2 == 0) return first_bad - range.first;
      return random() % (range.count + 2);
    };
    const auto misled = narrow(rows, bad, any);
    check_outcome(misled, rows, bad);
    CHECK(static_cast<double>(misled.tries) <= 1 + k * (4 * log_of(rows) + 4));
  }
}
