// What a row costs that is wider than all memory that a job was given.
#include <sys/resource.h>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

constexpr long width = 80'000'000;

/// The peak of the largest process that has ended below this one, in bytes.
long largest_peak() {
  rusage used{};
  REQUIRE(::getrusage(RUSAGE_CHILDREN, &used) == 0);
  return used.ru_maxrss * 1024;
}

}  // namespace

TEST_CASE("leat copy-table: a row that is wider than the job's memory takes five times its width at most",
          "[cli][server]") {
  const std::string columns = GENERATE("v bytea", "v bytea, r regclass DEFAULT 'pg_class'");
  make_anew("CREATE TABLE t (id int PRIMARY KEY, " + columns +
            "); ALTER TABLE t ALTER v SET STORAGE external");
  src("INSERT INTO t (id, v) VALUES (1, convert_to(repeat('x', " + std::to_string(width) + "), 'UTF8'))");
  const long before = largest_peak();
  const Outcome outcome = run_leat(copy({"--memory", "8MiB"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  const std::string sums = "SELECT id, length(v), md5(v) FROM t";
  CHECK(dst(sums) == src(sums));
  if (sanitized) return;
  REQUIRE(before <= 5 * width);
  const long peak = largest_peak();
  CHECK(peak >= width);
  CHECK(peak <= 5 * width);
}
