// How far apart savepoints are: a pure decision.
#include "jobs/rejects/savepoint_distance.hpp"

#include "support/catch.hpp"

using leat::jobs_detail::SavepointDistance;

namespace {

constexpr std::size_t rows_of_batch = 1000;

/// Batches that are written one behind the other, as many as make up the distance, all of which pass.
std::size_t pass(SavepointDistance& distance) {
  std::size_t bytes = rows_of_batch;
  while (bytes < distance.bytes()) bytes += rows_of_batch;
  distance.passed(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("savepoint distance: it grows while rows pass, up to its bound", "[core]") {
  SavepointDistance distance(4 * rows_of_batch);
  std::size_t savepoints = 0;
  for (std::size_t passed = 0; passed < 100 * rows_of_batch; ++savepoints) passed += pass(distance);
  CHECK(distance.bytes() == 4 * rows_of_batch);
  CHECK(savepoints < 35);
}

TEST_CASE("savepoint distance: a refusal takes it back to one rows_of_batch, which has to earn trust again",
          "[core]") {
  SavepointDistance distance(8 * rows_of_batch);
  while (distance.bytes() < 8 * rows_of_batch) pass(distance);
  distance.refused();
  CHECK(distance.bytes() == 0);
  for (int i = 0; i < 15; ++i) CHECK(pass(distance) == rows_of_batch);
  CHECK(distance.bytes() == 0);
  pass(distance);
  CHECK(distance.bytes() == 2 * rows_of_batch);
}

TEST_CASE(
    "savepoint distance: where a row of every third rows_of_batch is refused no rows_of_batch waits for "
    "others",
    "[core]") {
  SavepointDistance distance(8 * rows_of_batch);
  for (int i = 0; i < 100; ++i) {
    pass(distance);
    pass(distance);
    distance.refused();
    CHECK(distance.bytes() == 0);
  }
}

TEST_CASE("savepoint distance: without room each rows_of_batch is written by itself", "[core]") {
  SavepointDistance distance(0);
  for (int i = 0; i < 100; ++i) CHECK(pass(distance) == rows_of_batch);
}
