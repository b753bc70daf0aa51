// Write modes and verified loads, as the user of the command meets them.
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

/// Databases "src", with 1,000 rows in t, and "dst", which has 10 of them as they are, 4 that differ, and one
/// of its own.
class Stock {
 public:
  Stock() {
    static const bool created = [] {
      server().create_database("src");
      server().create_database("dst");
      return true;
    }();
    static_cast<void>(created);
    for (const char* database : {"src", "dst"}) {
      server().psql(database,
                    "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public; "
                    "CREATE TABLE t (id int PRIMARY KEY, \"Odd key\" int NOT NULL UNIQUE, v text)");
    }
    server().psql("src", "INSERT INTO t SELECT i, -i, 'v' || i FROM generate_series(1, 1000) i");
    dst("INSERT INTO t SELECT i, -i, CASE WHEN i > 10 THEN 'old' ELSE 'v' || i END FROM "
        "generate_series(1, 14) i; INSERT INTO t VALUES (5000, -5000, 'own')");
    before_ = all();
  }

  [[nodiscard]] static Outcome copy(const Words& more) {
    Words words{"copy-table", "--source", server().uri("src"), "--target", server().uri("dst"),
                "--from",     "t"};
    words.insert(words.end(), more.begin(), more.end());
    return run_leat(words);
  }
  static std::string dst(const std::string& sql) { return server().psql("dst", sql); }
  /// Whether not even a row was written anew.
  [[nodiscard]] bool is_unchanged() const { return all() == before_; }

 private:
  static PrivateServer& server() {
    static PrivateServer instance;
    return instance;
  }
  static std::string all() { return dst("SELECT xmin, ctid, * FROM t ORDER BY id"); }

  std::string before_;
};

/// How many rows there are, how many that the load was to change, and how many of the target's own.
std::string state() {
  return Stock::dst(
      "SELECT count(*), count(*) FILTER (WHERE v = 'old'), count(*) FILTER (WHERE v = 'own') FROM t");
}

}  // namespace

TEST_CASE("leat copy-table --mode: what became of the rows, for people", "[cli][server][modes]") {
  const Stock stock;
  SECTION("upsert, by a key that is named") {
    CHECK(has(Stock::copy({"--mode", "upsert", "--key", "\"Odd key\"", "--dry-run"}).out,
              "matched by the key (\"Odd key\")"));
    const Outcome outcome = Stock::copy({"--mode", "upsert", "--key", "\"Odd key\""});
    CHECK(outcome.exit_code == 0);
    INFO(outcome.out);
    CHECK(has(outcome.out, "\n986 inserted, 4 updated, 10 unchanged, 0 deleted\n"));
    CHECK(state() == "1001|0|1\n");
  }
  SECTION("sync, by the primary key") {
    CHECK(has(Stock::copy({"--mode", "sync", "--dry-run"}).out, "matched by the key (\"id\")"));
    const Outcome outcome = Stock::copy({"--mode", "sync"});
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
  const Outcome outcome = Stock::copy({"--mode", expected.mode, "--key", "\"Odd key\"", "--output", "json"});
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
  const Outcome text = Stock::copy({"--mode", "upsert", "--key", "id,\"Nowhere\""});
  CHECK(text.exit_code == 4);
  INFO(text.err);
  CHECK(has(text.err, "leat: target: 42703: the key names the column \"Nowhere\", which public.t lacks"));
  CHECK(text.out.empty());
  const Outcome as_json = Stock::copy({"--mode", "upsert", "--key", "id,\"Nowhere\"", "--output", "json"});
  CHECK(as_json.exit_code == 4);
  const json report = json::parse(as_json.out);
  CHECK(report.at("sqlstate") == "42703");
  CHECK(has(report.at("message").get<std::string>(), "Nowhere"));
  CHECK(stock.is_unchanged());
}

TEST_CASE("leat copy-table --verify: a row that the target changes ends the load", "[cli][server][modes]") {
  const Stock stock;
  const std::string mode = GENERATE(as<std::string>(), "replace", "append", "swap", "upsert");
  if (mode == "append") Stock::dst("DELETE FROM t WHERE id < 5000");
  const std::string before = Stock::dst("SELECT xmin, ctid, * FROM t ORDER BY id");
  Stock::dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 777 THEN NEW.v := "
      "''changed''; END IF; RETURN NEW; END'; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE "
      "FUNCTION f()");
  const Outcome outcome = Stock::copy({"--mode", mode, "--verify"});
  CHECK(outcome.exit_code == 7);
  INFO(mode << ": " << outcome.err);
  CHECK(has(outcome.err, "leat: verify: "));
  CHECK(has(outcome.err, mode == "upsert" ? "the first that differs: (\"id\")=(777)"
                                          : "changed: '777': v 'v777' -> 'changed'"));
  CHECK(outcome.out.empty());
  CHECK(Stock::dst("SELECT xmin, ctid, * FROM t ORDER BY id") == before);
  // It is the comparison that ends it.
  CHECK(Stock::copy({"--mode", mode}).exit_code == 0);
  CHECK(Stock::dst("SELECT v FROM t WHERE id = 777") == "changed\n");
}

TEST_CASE("leat copy-table --verify: a load that is right says that it was compared",
          "[cli][server][modes]") {
  const Stock stock;
  const Outcome outcome = Stock::copy({"--verify"});
  CHECK(outcome.exit_code == 0);
  INFO(outcome.out);
  CHECK(has(outcome.out, "\nnote: verified: "));
  CHECK(state() == "1000|0|0\n");
}

TEST_CASE("leat copy-table --dry-run: what swap costs is said, and nothing is changed",
          "[cli][server][modes]") {
  const Stock stock;
  const Outcome plan = Stock::copy({"--mode", "swap", "--dry-run"});
  CHECK(plan.exit_code == 0);
  INFO(plan.out);
  CHECK(has(plan.out, "\nnote: swap: "));
  CHECK(has(plan.out, "about twice as long as replace"));
  CHECK(has(plan.out, "room for the rows three times"));
  CHECK_FALSE(has(Stock::copy({"--dry-run"}).out, "twice as long"));
  CHECK(stock.is_unchanged());
}
