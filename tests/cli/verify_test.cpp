// leat verify, as its user meets it.
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Databases "src" and "dst" with the same 5,000 rows in t.
class Pair {
 public:
  Pair() {
    static const bool created = [] {
      server().create_database("src");
      server().create_database("dst");
      return true;
    }();
    static_cast<void>(created);
    for (const char* database : {"src", "dst"}) {
      server().psql(
          database,
          "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE "
          "TABLE t (id int PRIMARY KEY, v text, w int); INSERT INTO t SELECT i, 'v' || i, i FROM "
          "generate_series(1, 5000) i");
    }
  }

  static PrivateServer& server() {
    static PrivateServer instance;
    return instance;
  }

  [[nodiscard]] static Outcome verify(const Words& more = {}) {
    Words words{"verify", "--source", server().uri("src"), "--target", server().uri("dst"), "--from", "t"};
    words.insert(words.end(), more.begin(), more.end());
    return run_leat(words);
  }
};

}  // namespace

TEST_CASE("leat verify: equal tables, in a line, and exit code 0", "[cli][server][verify]") {
  const Pair pair;
  const Outcome outcome = Pair::verify();
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "\nequal: 5,000 rows on both sides, in 0."));
  CHECK(outcome.err.empty());
}

TEST_CASE("leat verify: where and in what tables differ, and exit code 7", "[cli][server][verify]") {
  const Pair pair;
  Pair::server().psql(
      "dst",
      "DELETE FROM t WHERE id = 4711; INSERT INTO t VALUES (5001, 'new', 0); UPDATE t SET v = "
      "E'it''s\\n', w = NULL WHERE id = 1234");
  const Outcome outcome = Pair::verify();
  CHECK(outcome.exit_code == 7);
  CHECK(has(outcome.out, "\ndifferent: 5,000 rows in the source, 5,000 in the target, in 0."));
  CHECK(has(outcome.out, "\nby id, they differ in\n  keys "));
  CHECK(has(outcome.out, "\nchanged: '1234': v 'v1234' -> 'it''s\\n', w '1234' -> NULL\n"));
  CHECK(has(outcome.out, "\nmissing: '4711'\n"));
  CHECK(has(outcome.out, "\nextra: '5001'\n"));
  CHECK_FALSE(has(outcome.out, "and more"));
  const Outcome fewer = Pair::verify({"--differences", "1"});
  CHECK(has(fewer.out, "and more (--differences shows more of them)\n"));
}

TEST_CASE("leat verify: the same as JSON", "[cli][server][verify]") {
  const Pair pair;
  Pair::server().psql("dst", "UPDATE t SET v = NULL WHERE id = 1234");
  const Outcome outcome = Pair::verify({"--output", "json"});
  CHECK(outcome.exit_code == 7);
  const json report = json::parse(outcome.out);
  CHECK(report["status"] == "different");
  CHECK(report["key"] == json({"id"}));
  REQUIRE(report["ranges"].size() == 1);
  CHECK(report["differences"] ==
        json::parse(R"([{"kind": "changed", "key": ["1234"], "columns": [{"column": "v",
    "source": "v1234", "target": null}], "source_rows": 1, "target_rows": 1}])"));
  CHECK(json::parse(Pair::verify({"--output", "json", "--exclude", "v"}).out)["status"] == "equal");
}

TEST_CASE("leat verify: its options reach the comparison", "[cli][server][verify]") {
  const Pair pair;
  Pair::server().psql(
      "dst",
      "ALTER TABLE t RENAME TO \"T2\"; ALTER TABLE \"T2\" RENAME v TO label; UPDATE \"T2\" SET w "
      "= w * 2; DELETE FROM \"T2\" WHERE id > 100");
  const Outcome outcome = Pair::verify({"--to", "\"T2\"", "--rename", "v=label", "--map", "w=w*2", "--where",
                                        "id < 50", "--target-where", "id < 50", "--key", "label"});
  CHECK(has(outcome.out, "equal: 49 rows"));
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("leat verify: errors have the codes of the other commands", "[cli][server][verify]") {
  const Pair pair;
  CHECK(run_leat({"verify"}).exit_code == 2);
  CHECK(Pair::verify({"--key", "nothing"}).exit_code == 2);
  CHECK(Pair::verify({"--columns", "id", "--exclude", "v"}).exit_code == 2);
  const Outcome missing = Pair::verify({"--to", "nothing"});
  CHECK(missing.exit_code == 4);
  CHECK(has(missing.err, "leat: target: 42P01: relation nothing does not exist"));
  CHECK(Pair::verify({"--where", "nothing"}).exit_code == 3);
  const Outcome help = run_leat({"help", "verify"});
  CHECK(help.exit_code == 0);
  CHECK(has(help.out, "--target-where"));
}
