// leat verify, as its user meets it.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// "src" and "dst" have the same 5,000 rows in t.
void make_equal_tables() {
  make_anew(
      "CREATE TABLE t (id int PRIMARY KEY, v text, w int); "
      "INSERT INTO t SELECT i, 'v' || i, i FROM generate_series(1, 5000) i");
}

Outcome verify(const Words& more = {}) {
  return run_leat(joined(command("verify", {"--from", "t"}), more));
}

}  // namespace

TEST_CASE("leat verify: equal tables, in a line, and exit code 0", "[cli][server][verify]") {
  make_equal_tables();
  const Outcome outcome = verify();
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "\nequal: 5,000 rows on both sides, in 0."));
  CHECK(outcome.err.empty());
}

TEST_CASE("leat verify: where and in what tables differ, and exit code 7", "[cli][server][verify]") {
  make_equal_tables();
  dst("DELETE FROM t WHERE id = 4711; INSERT INTO t VALUES (5001, 'new', 0); UPDATE t SET v = "
      "E'it''s\\n', w = NULL WHERE id = 1234");
  const Outcome outcome = verify();
  CHECK(outcome.exit_code == 7);
  CHECK(has(outcome.out, "\ndifferent: 5,000 rows in the source, 5,000 in the target, in 0."));
  CHECK(has(outcome.out, "\nby id, they differ in\n  keys "));
  CHECK(has(outcome.out, "\nchanged: '1234': v 'v1234' -> 'it''s\\n', w '1234' -> NULL\n"));
  CHECK(has(outcome.out, "\nmissing: '4711'\n"));
  CHECK(has(outcome.out, "\nextra: '5001'\n"));
  CHECK_FALSE(has(outcome.out, "and more"));
  const Outcome fewer = verify({"--differences", "1"});
  CHECK(has(fewer.out, "and more (--differences shows more of them)\n"));
}

TEST_CASE("leat verify: the same as JSON", "[cli][server][verify]") {
  make_equal_tables();
  dst("UPDATE t SET v = NULL WHERE id = 1234");
  const Outcome outcome = verify({"--output", "json"});
  CHECK(outcome.exit_code == 7);
  const json report = json::parse(outcome.out);
  CHECK(report["status"] == "different");
  CHECK(report["key"] == json({"id"}));
  REQUIRE(report["ranges"].size() == 1);
  CHECK(report["differences"] ==
        json::parse(R"([{"kind": "changed", "key": ["1234"], "columns": [{"column": "v",
    "source": "v1234", "target": null}], "source_rows": 1, "target_rows": 1}])"));
  CHECK(json::parse(verify({"--output", "json", "--exclude", "v"}).out)["status"] == "equal");
}

TEST_CASE("leat verify: its options reach the comparison", "[cli][server][verify]") {
  make_equal_tables();
  dst("ALTER TABLE t RENAME TO \"T2\"; ALTER TABLE \"T2\" RENAME v TO label; UPDATE \"T2\" SET w "
      "= w * 2; DELETE FROM \"T2\" WHERE id > 100");
  const Outcome outcome = verify({"--to", "\"T2\"", "--rename", "v=label", "--map", "w=w*2", "--where",
                                  "id < 50", "--target-where", "id < 50", "--key", "label"});
  CHECK(has(outcome.out, "equal: 49 rows"));
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("leat verify: errors have the codes of the other commands", "[cli][server][verify]") {
  make_equal_tables();
  CHECK(run_leat({"verify"}).exit_code == 2);
  CHECK(verify({"--key", "nothing"}).exit_code == 2);
  CHECK(verify({"--columns", "id", "--exclude", "v"}).exit_code == 2);
  const Outcome missing = verify({"--to", "nothing"});
  CHECK(missing.exit_code == 4);
  CHECK(has(missing.err, "leat: target: 42P01: relation nothing does not exist"));
  CHECK(verify({"--where", "nothing"}).exit_code == 3);
  const Outcome help = run_leat({"help", "verify"});
  CHECK(help.exit_code == 0);
  CHECK(has(help.out, "--target-where"));
}
