// How far apart savepoints are: a pure decision.
#include "jobs/rejects/savepoint_distance.hpp"

#include "support/catch.hpp"

using leat::jobs_detail::SavepointDistance;

namespace {

constexpr std::size_t batch = 1000;

/// Batches that are written one behind the other, as many as make up the distance, all of which pass.
std::size_t pass(SavepointDistance& distance) {
  std::size_t bytes = batch;
  while (bytes < distance.bytes()) bytes += batch;
  distance.passed(bytes);
  return bytes;
}

}  // namespace

TEST_CASE("savepoint distance: it grows while rows pass, up to its bound", "[core]") {
  SavepointDistance distance(4 * batch);
  std::size_t savepoints = 0;
  for (std::size_t passed = 0; passed < 100 * batch; ++savepoints) passed += pass(distance);
  CHECK(distance.bytes() == 4 * batch);
  CHECK(savepoints < 35);
}

TEST_CASE("savepoint distance: a refusal takes it back to one batch, which has to earn trust again",
          "[core]") {
  SavepointDistance distance(8 * batch);
  while (distance.bytes() < 8 * batch) pass(distance);
  distance.refused();
  CHECK(distance.bytes() == 0);
  for (int i = 0; i < 15; ++i) CHECK(pass(distance) == batch);
  CHECK(distance.bytes() == 0);
  pass(distance);
  CHECK(distance.bytes() == 2 * batch);
}

TEST_CASE("savepoint distance: where a row of every third batch is refused no batch waits for others",
          "[core]") {
  SavepointDistance distance(8 * batch);
  for (int i = 0; i < 100; ++i) {
    pass(distance);
    pass(distance);
    distance.refused();
    CHECK(distance.bytes() == 0);
  }
}

TEST_CASE("savepoint distance: without room each batch is written by itself", "[core]") {
  SavepointDistance distance(0);
  for (int i = 0; i < 100; ++i) CHECK(pass(distance) == batch);
}
