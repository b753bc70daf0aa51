// Write modes and verified loads, as the user of the command meets them.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// "src" has 1,000 rows in t, and "dst" 10 of them as they are, 4 that differ, and one of its own.
class Stock {
 public:
  Stock() {
    make_anew("CREATE TABLE t (id int PRIMARY KEY, \"Odd key\" int NOT NULL UNIQUE, v text)");
    src("INSERT INTO t SELECT i, -i, 'v' || i FROM generate_series(1, 1000) i");
    dst("INSERT INTO t SELECT i, -i, CASE WHEN i > 10 THEN 'old' ELSE 'v' || i END FROM "
        "generate_series(1, 14) i; INSERT INTO t VALUES (5000, -5000, 'own')");
    before_ = all();
  }

  /// Whether not even a row was written anew.
  [[nodiscard]] bool is_unchanged() const { return all() == before_; }

 private:
  static std::string all() { return dst("SELECT xmin, ctid, * FROM t ORDER BY id"); }

  std::string before_;
};

Outcome load(const Words& more) {
  return run_leat(copy(more));
}

/// How many rows there are, how many that the load was to change, and how many of the target's own.
std::string state() {
  return dst("SELECT count(*), count(*) FILTER (WHERE v = 'old'), count(*) FILTER (WHERE v = 'own') FROM t");
}

}  // namespace

TEST_CASE("leat copy-table --mode: what became of the rows, for people", "[cli][server][modes]") {
  const Stock stock;
  SECTION("upsert, by a key that is named") {
    CHECK(has(load({"--mode", "upsert", "--key", "\"Odd key\"", "--dry-run"}).out,
              "matched by the key (\"Odd key\")"));
    const Outcome outcome = load({"--mode", "upsert", "--key", "\"Odd key\""});
    CHECK(outcome.exit_code == 0);
    INFO(outcome.out);
    CHECK(has(outcome.out, "\n986 inserted, 4 updated, 10 unchanged, 0 deleted\n"));
    CHECK(state() == "1001|0|1\n");
  }
  SECTION("sync, by the primary key") {
    CHECK(has(load({"--mode", "sync", "--dry-run"}).out, "matched by the key (\"id\")"));
    const Outcome outcome = load({"--mode", "sync"});
    CHECK(outcome.exit_code == 0);
    INFO(outcome.out);
    CHECK(has(outcome.out, "\n986 inserted, 4 updated, 10 unchanged, 1 deleted\n"));
    CHECK(state() == "1000|0|0\n");
  }
}

TEST_CASE("leat copy-table --mode: what became of the rows, for programs", "[cli][server][modes]") {
  const Stock stock;
  struct Expected {
    std::string mode;
    int inserted;
    int updated;
    int unchanged;
    json deleted;
    std::string state;
  };
  const Expected expected = GENERATE(Expected{"upsert", 986, 4, 10, 0, "1001|0|1\n"},
                                     Expected{"insert-missing", 986, 0, 14, 0, "1001|4|1\n"},
                                     Expected{"delete-insert", 1000, 0, 0, 14, "1001|0|1\n"},
                                     Expected{"sync", 986, 4, 10, 1, "1000|0|0\n"});
  const Outcome outcome = load({"--mode", expected.mode, "--key", "\"Odd key\"", "--output", "json"});
  CHECK(outcome.exit_code == 0);
  INFO(expected.mode << ": " << outcome.out << outcome.err);
  const json report = json::parse(outcome.out);
  CHECK(report.at("rows_read") == 1000);
  CHECK(report.at("rows_inserted") == expected.inserted);
  CHECK(report.at("rows_updated") == expected.updated);
  CHECK(report.at("rows_unchanged") == expected.unchanged);
  CHECK(report.at("rows_deleted") == expected.deleted);
  CHECK(state() == expected.state);
}

TEST_CASE("leat copy-table --key: a column that there is not is named, and nothing is changed",
          "[cli][server][modes]") {
  const Stock stock;
  const Outcome text = load({"--mode", "upsert", "--key", "id,\"Nowhere\""});
  CHECK(text.exit_code == 4);
  INFO(text.err);
  CHECK(has(text.err, "leat: target: 42703: the key names the column \"Nowhere\", which public.t lacks"));
  CHECK(text.out.empty());
  const Outcome as_json = load({"--mode", "upsert", "--key", "id,\"Nowhere\"", "--output", "json"});
  CHECK(as_json.exit_code == 4);
  const json report = json::parse(as_json.out);
  CHECK(report.at("sqlstate") == "42703");
  CHECK(has(report.at("message").get<std::string>(), "Nowhere"));
  CHECK(stock.is_unchanged());
}

TEST_CASE("leat copy-table --verify: a row that the target changes ends the load", "[cli][server][modes]") {
  const Stock stock;
  const std::string mode = GENERATE(as<std::string>(), "replace", "append", "swap", "upsert");
  if (mode == "append") dst("DELETE FROM t WHERE id < 5000");
  const std::string before = dst("SELECT xmin, ctid, * FROM t ORDER BY id");
  dst("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 777 THEN NEW.v := "
      "''changed''; END IF; RETURN NEW; END'; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE "
      "FUNCTION f()");
  const Outcome outcome = load({"--mode", mode, "--verify"});
  CHECK(outcome.exit_code == 7);
  INFO(mode << ": " << outcome.err);
  CHECK(has(outcome.err, "leat: verify: "));
  CHECK(has(outcome.err, mode == "upsert" ? "the first that differs: (\"id\")=(777)"
                                          : "changed: '777': v 'v777' -> 'changed'"));
  CHECK(outcome.out.empty());
  CHECK(dst("SELECT xmin, ctid, * FROM t ORDER BY id") == before);
  // It is the comparison that ends it.
  CHECK(load({"--mode", mode}).exit_code == 0);
  CHECK(dst("SELECT v FROM t WHERE id = 777") == "changed\n");
}

TEST_CASE("leat copy-table --verify: a load that is right says that it was compared",
          "[cli][server][modes]") {
  const Stock stock;
  const Outcome outcome = load({"--verify"});
  CHECK(outcome.exit_code == 0);
  INFO(outcome.out);
  CHECK(has(outcome.out, "\nnote: verified: "));
  CHECK(state() == "1000|0|0\n");
}

TEST_CASE("leat copy-table --dry-run: what swap costs is said, and nothing is changed",
          "[cli][server][modes]") {
  const Stock stock;
  const Outcome plan = load({"--mode", "swap", "--dry-run"});
  CHECK(plan.exit_code == 0);
  INFO(plan.out);
  CHECK(has(plan.out, "\nnote: swap: "));
  CHECK(has(plan.out, "about twice as long as replace"));
  CHECK(has(plan.out, "room for the rows three times"));
  CHECK_FALSE(has(load({"--dry-run"}).out, "twice as long"));
  CHECK(stock.is_unchanged());
}
