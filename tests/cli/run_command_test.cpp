// leat run, plan, validate and schema-file.
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// A document with both databases, in a directory of its own.
class DocumentFile {
 public:
  explicit DocumentFile(const std::string& lines) {
    write("orders.yaml", "leat: 1\nconnections: {a: \"" + server().uri("src") + "\", b: \"" +
                             server().uri("dst") + "\"}\nsource: a\ntarget: b\n" + lines);
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_.path() / name) << text;
  }
  [[nodiscard]] std::string path(const std::string& name = "orders.yaml") const {
    return (directory_.path() / name).string();
  }

 private:
  OwnDirectory directory_;
};

}  // namespace

TEST_CASE("leat run: loads are run, and the report tells of each", "[cli][server]") {
  make_anew("CREATE TABLE t (id int, v text)");
  src("INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 10) g");
  const DocumentFile file(
      "params: {most: {type: int, default: \"5\"}}\nloads:\n  - {from: t}\n  - {name: few, sql: 'SELECT id, "
      "v FROM t "
      "WHERE id <= :most', to: few, create: columns}\n");
  const Outcome text = run_leat({"run", file.path()});
  INFO(text.err);
  CHECK(text.exit_code == 0);
  CHECK(has(text.out, "few: \n"));
  CHECK(has(text.out, " of orders: 2 of 2 loads, 15 rows in "));
  const Outcome again =
      run_leat({"run", file.path(), "--param", "most=3", "--only", "few", "--output", "json"});
  const auto report = json::parse(again.out);
  CHECK(report["status"] == "done");
  CHECK(report["document"] == "orders");
  CHECK(report["loads"].size() == 1);
  CHECK(report["loads"][0]["report"]["rows_written"] == 3);
  CHECK(dst("SELECT count(*) FROM few") == "3\n");
}

TEST_CASE("leat run: a failure says what to do next, and the next run goes on", "[cli][server]") {
  make_anew("CREATE TABLE t (id int)");
  src("INSERT INTO t SELECT generate_series(1, 10)");
  dst("CREATE TABLE u (id int CHECK (id < 5))");
  const DocumentFile file(
      "loads:\n  - {from: t, mode: append}\n  - {name: u, from: t, to: u, retries: 0}\n  - {name: w, from: "
      "t, to: w, "
      "create: columns, after: [u]}\n");
  const Outcome failed = run_leat({"run", file.path()});
  CHECK(failed.exit_code == 4);
  CHECK(has(failed.out, "u: failed\n  target: 23514: "));
  CHECK(has(failed.out, "w: not begun, since it waits for u\n"));
  CHECK(has(failed.out, ": 1 of 3 loads, 10 rows in "));
  CHECK(has(failed.out, "the same command goes on with this run: what is done is not loaded again\n"));
  dst("ALTER TABLE u DROP CONSTRAINT u_id_check");
  const Outcome next = run_leat({"run", file.path()});
  CHECK(next.exit_code == 0);
  CHECK(has(next.out, "t: done by an earlier attempt of this run\n"));
  CHECK(dst("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u), (SELECT count(*) FROM w)") ==
        "10|10|10\n");
}

TEST_CASE("leat run: an expectation that is not met is exit code 8", "[cli][server]") {
  make_anew("CREATE TABLE t (id int)");
  const DocumentFile file("loads: [{from: t, expect: [rows > 0]}]\n");
  const Outcome outcome = run_leat({"run", file.path()});
  CHECK(outcome.exit_code == 8);
  CHECK(has(outcome.out, "expectation: an expectation is not met: rows > 0: the load has 0 rows\n"));
}

TEST_CASE("leat run: what is wrong with the document is told with its place, and nothing is done", "[cli]") {
  const DocumentFile file("loads:\n  - {from: t, moed: append}\n  - {sql: 'SELECT :x', to: t}\n");
  const Outcome outcome = run_leat({"run", file.path()});
  CHECK(outcome.exit_code == 2);
  CHECK(has(outcome.err, "orders.yaml:6:15: "));
  CHECK(has(outcome.err, "did you mean mode?"));
  CHECK(has(outcome.err, "has :x, which params do not have"));
  CHECK(has(outcome.err, "orders.yaml has errors; nothing was done"));
  CHECK(run_leat({"run", file.path("none.yaml")}).exit_code == 2);
  CHECK(has(run_leat({"run"}).err, "FILE is required"));
}

TEST_CASE("leat run: includes, and SQL in a file of its own, which errors point into", "[cli][server]") {
  make_anew("CREATE TABLE t (id int)");
  const DocumentFile file("include: [common.yaml]\nloads: [{sql_file: rows.sql, to: t}]\n");
  file.write("common.yaml", "defaults: {mode: append}\nparams: {n: {default: \"3\"}}\n");
  file.write("rows.sql", "SELECT g AS id FROM generate_series(1, :n::int) g\n");
  CHECK(run_leat({"run", file.path()}).exit_code == 0);
  CHECK(run_leat({"run", file.path()}).exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "6\n");
  file.write("rows.sql", "SELECT g AS id,\n  nmae FROM generate_series(1, :n::int) g\n");
  CHECK(has(run_leat({"validate", file.path(), "--connect"}).err, "rows.sql:2:3: load t: 42703: "));
  CHECK(has(run_leat({"run", file.path()}).out, "rows.sql:2:3"));
  file.write("common.yaml", "loads: []\n");
  const Outcome outcome = run_leat({"validate", file.path()});
  CHECK(has(outcome.err, "common.yaml:1:1: "));
  file.write("common.yaml", "include: [orders.yaml]\n");
  CHECK(has(run_leat({"validate", file.path()}).err, "includes itself"));
}

TEST_CASE("leat plan: what a run would do, and nothing of it", "[cli][server]") {
  make_anew("CREATE TABLE t (id int)");
  const DocumentFile file("loads:\n  - {from: t}\n  - {from: t, name: u, to: no_such}\n");
  const Outcome outcome = run_leat({"plan", file.path()});
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.out, "load t\n"));
  CHECK(has(outcome.out, "COPY \"public\".\"t\""));
  CHECK(has(outcome.out, "dry run: nothing was changed\n"));
  // In the document's words.
  CHECK(has(outcome.out, "create makes it after the source's"));
  CHECK(dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0\n");
}

TEST_CASE("leat validate: all documents, and with --connect their databases", "[cli][server]") {
  make_anew("CREATE TABLE t (id int)");
  const DocumentFile good("loads: [{from: t}]\n");
  const DocumentFile bad("loads: [{from: t, to: no_such}]\n");
  const Outcome offline = run_leat({"validate", good.path(), bad.path()});
  CHECK(offline.exit_code == 0);
  CHECK(has(offline.out, "orders.yaml: 1 load, well-formed\n"));
  const Outcome online = run_leat({"validate", good.path(), bad.path(), "--connect"});
  CHECK(online.exit_code == 2);
  CHECK(has(online.out, "nothing stands against them"));
  CHECK(has(online.err, ":5:9: "));
  const auto list = json::parse(run_leat({"validate", bad.path(), "--connect", "--output", "json"}).out);
  REQUIRE(list.size() == 1);
  CHECK(list[0]["code"] == "table_missing");
  CHECK(list[0]["line"] == 5);
  CHECK(has(run_leat({"validate", bad.path(), "--connect", "--output", "github"}).out, "::error file="));
}

TEST_CASE("leat schema-file: the schema of documents", "[cli]") {
  const auto schema = json::parse(run_leat({"schema-file"}).out);
  CHECK(schema["properties"].contains("loads"));
}
