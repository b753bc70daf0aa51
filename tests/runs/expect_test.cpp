// Expectations of loads, which roll back what does not meet them, and loads that are unlike those before.
#include "runs.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_orders(const Bed& bed) {
  bed.src(
      "CREATE TABLE orders (id int, amount int); INSERT INTO orders SELECT i, CASE WHEN i = 7 THEN NULL ELSE "
      "i END FROM "
      "generate_series(1, 100) i; INSERT INTO orders VALUES (5, 5), (6, 6)");
  bed.dst("CREATE TABLE orders (id int, amount int); INSERT INTO orders VALUES (-1, -1)");
}

std::string with_expect(const std::string& expect, const std::string& more = "") {
  return "leat: 1\nname: orders\nsource: src\ntarget: dst\nloads: [{from: orders, mode: append, retries: 0, "
         "expect: [" +
         expect + "]" + more + "}]\n";
}

/// "" if the load was committed, and else what stands against it, in whichever way it is delivered.
std::string fault(const Bed& bed, const std::string& expect, const std::string& more = "") {
  const std::string before = bed.dst("SELECT count(*) FROM orders");
  const RunReport report = run_text(with_expect(expect, more));
  const std::string after = bed.dst("SELECT count(*) FROM orders");
  if (!report.first_error()) {
    CHECK(after != before);
    return {};
  }
  CHECK(after == before);
  CHECK(report.first_error()->kind() == ErrorKind::expectation);
  return report.first_error()->what();
}

}  // namespace

TEST_CASE("expect: what is not met rolls the load back", "[server]") {
  const Bed bed;
  make_orders(bed);
  const std::string more = GENERATE("", ", delivery: slices", ", writers: 2");
  INFO(more);
  CHECK(fault(bed, "rows > 102", more) == "an expectation is not met: rows > 102: the load has 102 rows");
  CHECK(fault(bed, "rows == 102", more).empty());
  CHECK(
      fault(bed, "{column: amount, not_null: true}, {column: id, unique: true}, rows > 1", more) ==
      "2 expectations are not met: amount: not_null: 2 rows have NULL; id: unique: 100 values are there more "
      "than once");
  CHECK(fault(bed, "{sql: SELECT count(*) = 0 FROM output_data WHERE amount < 0}", more) ==
        "an expectation is not met: sql: SELECT count(*) = 0 FROM output_data WHERE amount < 0: it gives f");
  CHECK(fault(bed, "{sql: WITH a AS (SELECT * FROM output_data) SELECT count(*) > 0 FROM a}", more).empty());
}

TEST_CASE("expect: a query that says neither true nor false is told with its place", "[server]") {
  const Bed bed;
  make_orders(bed);
  const auto error = [&](const std::string& sql) {
    return std::string(run_text(with_expect("{sql: " + sql + "}")).first_error().value().what());
  };
  CHECK(error("SELECT 1 FROM output_data") == "expect: a query gives 103 rows of 1 column (test.yaml:5:65)");
  CHECK(error("SELECT amuont > 0 FROM output_data").find("amuont") != std::string::npos);
}

TEST_CASE("expect: rows beside those of earlier runs, and what is unusual", "[server]") {
  const Bed bed;
  make_orders(bed);
  const std::string text = with_expect("{rows_within: 50%, of_last: 3}");
  for (int i = 0; i < 4; ++i) {
    const RunReport report = run_text(text);
    CHECK(report.status == JobStatus::done);
    CHECK(report.loads[0].unusual.empty());
  }
  bed.src("INSERT INTO orders SELECT i, i FROM generate_series(1, 40) i");
  CHECK(run_text(text).status == JobStatus::done);
  bed.src("INSERT INTO orders SELECT i, i FROM generate_series(1, 400) i");
  const RunReport report = run_text(text);
  REQUIRE(report.first_error());
  CHECK(std::string(report.first_error()->what()) ==
        "an expectation is not met: rows_within: 50%: the load has 542 rows, and the middle of the last 3 "
        "runs is 102");
  const std::string without =
      "leat: 1\nname: orders\nsource: src\ntarget: dst\nloads: [{from: orders, mode: append}]\n";
  const RunReport other = run_text(without);
  REQUIRE(other.loads[0].unusual.size() == 1);
  CHECK(other.loads[0].unusual[0] == "unusual: 542 rows; the last 5 runs had 102 rows to 142 rows");
  CHECK(to_text(other).find("  unusual: 542 rows") != std::string::npos);
}
