// The command between two databases of a private server.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"
#include "waits.hpp"

using namespace leat::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// "src" has 1,000 rows in t, and "dst" one old row.
void make_tables_to_copy() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i");
  dst("INSERT INTO t VALUES (-1, 'old')");
}

Words query(const std::string& sql, const Words& more = {}) {
  return joined(command("query", {"--to", "t", "--sql", sql}), more);
}

std::string rows() {
  return dst("SELECT count(*), min(v) FROM t");
}

void check_old_rows() {
  CHECK(rows() == "1|old\n");
}

}  // namespace

TEST_CASE("leat copy-table: it copies and reports", "[cli][server]") {
  make_tables_to_copy();
  SECTION("for people") {
    const Outcome outcome = run_leat(copy());
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "1,000 rows"));
    CHECK(outcome.err.empty());
  }
  SECTION("for programs") {
    const Outcome outcome =
        run_leat(copy({"--output", "json", "--progress", "always", "--log-level", "debug"}));
    CHECK(outcome.exit_code == 0);
    const json report = json::parse(outcome.out);
    CHECK(report.at("status") == "done");
    CHECK(report.at("rows_read") == 1000);
    CHECK(report.at("rows_written") == 1000);
    CHECK(report.at("rows_rejected") == 0);
    CHECK(report.at("bytes") > 0);
    CHECK(report.at("seconds") > 0);
    CHECK(report.at("format").at("name") == "binary");
    CHECK(has(outcome.err, "1,000 rows"));
  }
  CHECK(rows() == "1000|v1\n");
}

TEST_CASE("leat copy-table: its options reach the job", "[cli][server]") {
  make_tables_to_copy();
  SECTION("append, where and columns") {
    CHECK(run_leat(copy({"--mode", "append", "--where", "id <= 5", "--columns", "ID,\"v\""})).exit_code == 0);
    CHECK(rows() == "6|old\n");
  }
  SECTION("inheritance") {
    src("CREATE TABLE child () INHERITS (t); INSERT INTO child VALUES (0, 'child')");
    const Outcome refused = run_leat(copy());
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.err, "public.child"));
    CHECK(rows() == "1|old\n");
    CHECK(run_leat(copy({"--inheritance", "twig"})).exit_code == 2);
    CHECK(run_leat(copy({"--inheritance", "only"})).exit_code == 0);
    CHECK(rows() == "1000|v1\n");
    CHECK(run_leat(copy({"--inheritance", "tree"})).exit_code == 0);
    CHECK(rows() == "1001|child\n");
    const Words pair{"--from", "t", "--inheritance"};
    CHECK(run_leat(joined(command("verify", pair), {"tree"})).exit_code == 0);
    CHECK(run_leat(joined(command("verify", pair), {"only"})).exit_code == 7);
    CHECK(run_leat(command("verify", {"--from", "t"})).exit_code == 2);
    CHECK(run_leat(command("copy-tables", {"--include", "public.t", "--inheritance", "tree"})).exit_code ==
          0);
    src("DROP TABLE child");
  }
  SECTION("where without a mode, which loses no other rows") {
    const Outcome refused = run_leat(copy({"--where", "id BETWEEN 1 AND 5"}));
    CHECK(refused.exit_code == 4);
    CHECK(has(refused.err, "--mode replace"));
    CHECK(rows() == "1|old\n");
    CHECK(run_leat(copy({"--where", "id BETWEEN 1 AND 5", "--mode", "replace"})).exit_code == 0);
    CHECK(rows() == "5|v1\n");
    CHECK(run_leat(copy({"--where", "id BETWEEN 1 AND 5"})).exit_code == 0);
  }
  SECTION("exclude") {
    CHECK(run_leat(copy({"--exclude", "v"})).exit_code == 0);
    CHECK(dst("SELECT count(*), count(v) FROM t") == "1000|0\n");
  }
  SECTION("rename and map") {
    CHECK(run_leat(copy({"--exclude", "v", "--rename", "ID=id", "--map", "v=upper(v) || '='"})).exit_code ==
          0);
    CHECK(rows() == "1000|V1000=\n");
    CHECK(run_leat(copy({"--map", "v"})).exit_code == 2);
    CHECK(run_leat(copy({"--rename", "=v"})).exit_code == 2);
  }
  SECTION("triggers and analyze") {
    dst("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER drops BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
    CHECK(run_leat(copy()).exit_code == 4);
    const Outcome outcome = run_leat(copy({"--disable-triggers", "--analyze"}));
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "was analyzed"));
    CHECK(rows() == "1000|v1\n");
  }
  SECTION("a check tells what stands against the job, and changes nothing") {
    auto words = copy();
    words.front() = "check";
    const Outcome fine = run_leat(words);
    CHECK(fine.exit_code == 0);
    CHECK(has(fine.out, "nothing stands against this job"));
    dst("ALTER TABLE t ADD needed int; UPDATE t SET needed = 1; ALTER TABLE t ALTER needed SET "
        "NOT NULL");
    const Outcome refused = run_leat(words);
    CHECK(refused.exit_code == 4);
    CHECK(has(refused.out, "error: column_required (23502)"));
    CHECK(rows() == "1|old\n");
  }
  SECTION("a dry run tells what stands against the job, and exits with what the job would") {
    const Outcome plan = run_leat(copy({"--dry-run", "--map", "id='x'::text", "--rename", "v=nowhere"}));
    CHECK(plan.exit_code == 4);
    CHECK(has(plan.out, "error: type_differs (42804)"));
    CHECK(has(plan.out, "error: column_missing (42703)"));
    const Outcome as_json = run_leat(copy({"--dry-run", "--output", "json", "--rename", "v=nowhere"}));
    CHECK(json::parse(as_json.out).at("findings").at(0).at("code") == "column_missing");
  }
  SECTION("readers") {
    CHECK(run_leat(copy({"--readers", "2"})).exit_code == 0);
    CHECK(rows() == "1000|v1\n");
    CHECK(run_leat(copy({"--readers", "65"})).exit_code == 2);
    const Outcome plan = run_leat(copy({"--readers", "2", "--dry-run"}));
    CHECK(has(plan.out, "LOCK TABLE \"t\" IN ACCESS SHARE MODE"));
  }
  SECTION("ids from a connections file") {
    const OwnDirectory directory;
    const json ids{{"shop", server().uri("src")},
                   {"warehouse", {{"uri", server().uri("dst")}, {"password", "s3cretWord"}}}};
    const std::string file = directory.write("ids.json", ids.dump());
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    const Outcome outcome = run_leat({"copy-table", "--connections", file, "--source", "shop", "--target",
                                      "warehouse", "--from", "public.t", "--to", "t"});
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "shop"));
    CHECK(has(outcome.err, "chmod 600"));
    CHECK_FALSE(has(outcome.out + outcome.err, "s3cretWord"));
    CHECK(rows() == "1000|v1\n");
  }
}

TEST_CASE("leat query: parameters are values", "[cli][server]") {
  make_tables_to_copy();
  const Outcome outcome = run_leat(query("SELECT id, :word::text AS v FROM t WHERE id <= :n",
                                         {"--param", "n=10", "--param", "word=a=b'; DROP TABLE t; --"}));
  CHECK(outcome.exit_code == 0);
  CHECK(rows() == "10|a=b'; DROP TABLE t; --\n");
}

TEST_CASE("leat query: a file holds the query", "[cli][server]") {
  make_tables_to_copy();
  const OwnDirectory directory;
  const std::string file = directory.write(
      "some.sql", "-- all of them\nSELECT id, v\nFROM t -- here\nWHERE id > 990;\n-- the end\n");
  const Outcome outcome = run_leat(command("query", {"--to", "t", "--file", file}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 0);
  CHECK(rows() == "10|v1000\n");
}

TEST_CASE("leat --dry-run: it prints the plan and changes nothing", "[cli][server]") {
  make_tables_to_copy();
  const std::string before = dst("SELECT xmin, ctid, * FROM t");
  const Outcome text = run_leat(copy({"--dry-run"}));
  CHECK(text.exit_code == 0);
  CHECK(has(text.out, "binary"));
  CHECK(has(text.out, "TRUNCATE"));
  CHECK(has(text.out, "id"));
  const json plan = json::parse(run_leat(query("SELECT 1 AS id", {"--dry-run", "--output", "json"})).out);
  CHECK(plan.at("columns").size() == 1);
  CHECK(plan.at("format").contains("reason"));
  CHECK(plan.at("target_sql").size() > 1);
  CHECK(dst("SELECT xmin, ctid, * FROM t") == before);
}

TEST_CASE("leat: exit codes tell the side, and standard output is one JSON object", "[cli][server]") {
  make_tables_to_copy();
  Words words;
  int code = 0;
  std::string kind;
  json side;
  json sqlstate;
  const auto expect = [&](Words line, int exit_code, const char* name, const json& expected_side,
                          const json& expected_state) {
    words = std::move(line);
    code = exit_code;
    kind = name;
    side = expected_side;
    sqlstate = expected_state;
  };
  const std::string closed = "host=127.0.0.1 port=1 user=u password=s3cretWord dbname=d";
  SECTION("an unknown column") {
    expect(copy({"--columns", "nothing"}), 2, "config", nullptr, nullptr);
  }
  SECTION("an excluded unknown column") {
    expect(copy({"--exclude", "nothing"}), 2, "config", nullptr, nullptr);
  }
  SECTION("a parameter without a value") {
    expect(query("SELECT :id::int AS id"), 2, "config", nullptr, nullptr);
  }
  SECTION("a table onto itself") {
    expect({"copy-table", "--source", server().uri("dst"), "--target", server().uri("dst"), "--from", "t"}, 2,
           "config", nullptr, nullptr);
  }
  SECTION("a query that fails in mid-stream") {
    expect(query("SELECT id, (1 / (id - 900))::text AS v FROM t"), 3, "source", "source", "22012");
  }
  SECTION("a query with a syntax error") {
    expect(query("SELEKT"), 3, "source", "source", "42601");
  }
  SECTION("a missing source table") {
    src("DROP TABLE t");
    expect(copy(), 3, "source", "source", "42P01");
  }
  SECTION("a missing target table") {
    expect(copy({"--to", "nowhere"}), 4, "target", "target", "42P01");
  }
  SECTION("a constraint of the target") {
    expect(query("SELECT 1 AS id, v FROM t"), 4, "target", "target", "23505");
  }
  SECTION("no source server") {
    expect({"copy-table", "--source", closed, "--target", server().uri("dst"), "--from", "t"}, 3, "source",
           "source", "08001");
  }
  SECTION("no target server") {
    expect({"copy-table", "--source", server().uri("src"), "--target", closed, "--from", "t"}, 4, "target",
           "target", "08001");
  }
  const Outcome text = run_leat(words);
  CHECK(text.exit_code == code);
  CHECK(text.out.empty());
  if (sqlstate.is_string()) CHECK(has(text.err, kind + ": " + sqlstate.get<std::string>()));
  words.insert(words.end(), {"--output", "json"});
  const Outcome outcome = run_leat(words);
  CHECK(outcome.exit_code == code);
  const json report = json::parse(outcome.out);
  CHECK(report.at("status") == "failed");
  CHECK(report.at("kind") == kind);
  CHECK(report.at("side") == side);
  CHECK(report.at("sqlstate") == sqlstate);
  CHECK_FALSE(report.at("message").get<std::string>().empty());
  for (const char* count : {"rows_committed", "rows_rejected"}) CHECK(report.at(count) == 0);
  CHECK(report.contains("seconds"));
  CHECK_FALSE(has(text.err + outcome.out + outcome.err, "s3cretWord"));
  check_old_rows();
}

TEST_CASE("leat: SIGINT, SIGTERM and SIGHUP end a job on both servers", "[cli][server]") {
  make_tables_to_copy();
  const int signal = GENERATE(SIGINT, SIGTERM, SIGHUP);
  const std::string sql = GENERATE(as<std::string>(), "SELECT id FROM t WHERE pg_sleep(600) IS NOT NULL",
                                   "SELECT id FROM t WHERE id < 500 OR pg_sleep(600) IS NOT NULL");
  RunningCommand running(query(sql, {"--output", "json"}));
  wait_for_sessions(1, "wait_event = 'PgSleep'");
  running.send(signal);
  const Outcome outcome = running.wait(promised(2s));
  CHECK(outcome.exit_code == 128 + signal);
  const json report = json::parse(outcome.out);
  CHECK(report.at("status") == "cancelled");
  CHECK(report.at("kind") == "cancelled");
  CHECK(report.at("rows_written") == 0);
  wait_for_sessions(0, "true", promised(1s));
  check_old_rows();
}

TEST_CASE("leat copy-tables: many tables, and what became of each", "[cli][server]") {
  make_tables_to_copy();
  src("CREATE TABLE u (id int); INSERT INTO u VALUES (1)");
  SECTION("all copied") {
    dst("CREATE TABLE u (id int)");
    const Outcome outcome =
        run_leat(command("copy-tables", {"--include", "t", "--include", "u", "--jobs", "2"}));
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "2 of 2 tables, 1,001 rows"));
    CHECK(rows() == "1000|v1\n");
  }
  SECTION("one not copied") {
    const Outcome outcome = run_leat(command("copy-tables", {"--include", "*"}));
    CHECK(outcome.exit_code == 4);
    CHECK(has(outcome.out, "public.u  not copied: 42P01"));
    CHECK(has(outcome.out, "1 of 2 tables"));
    CHECK(rows() == "1000|v1\n");
    const json report =
        json::parse(run_leat(command("copy-tables", {"--include", "*", "--output", "json"})).out);
    CHECK(report.at("status") == "failed");
    CHECK(report.at("tables_failed") == 1);
    CHECK(report.at("tables").at(1).at("sqlstate") == "42P01");
  }
  SECTION("a line for each table that is running") {
    src("CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(600)");
    dst("CREATE TABLE slow (id int)");
    RunningCommand running(
        command("copy-tables", {"--include", "slow", "--include", "t", "--progress", "always"}));
    wait_until([&] { return has(running.err(), "\n1 of 2 tables  1,000 rows"); });
    CHECK(has(running.err(), "public.slow  0 rows  0 B"));
    running.send(SIGINT);
    const Outcome outcome = running.wait(promised(5s));
    CHECK(outcome.exit_code == 130);
    INFO(outcome.out);
    CHECK(has(outcome.out, "public.slow  not copied: the job was stopped"));
    CHECK(rows() == "1000|v1\n");
  }
  SECTION("planned") {
    const Outcome outcome =
        run_leat(command("copy-tables", {"--include", "*", "--exclude", "u", "--dry-run"}));
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "public.t"));
    CHECK_FALSE(has(outcome.out, "public.u"));
    check_old_rows();
  }
  SECTION("planned, each with its columns, SQL and remarks") {
    dst("CREATE TABLE u (id bigint)");
    const Outcome outcome = run_leat(command("copy-tables", {"--include", "*", "--verify", "--dry-run"}));
    CHECK(outcome.exit_code == 0);
    INFO(outcome.out);
    CHECK(has(outcome.out, "\n  v   text\n"));
    CHECK(has(outcome.out, "\n  id  integer -> bigint"));
    CHECK(has(outcome.out, "TRUNCATE TABLE ONLY \"public\".\"u\";\n"));
    CHECK(has(outcome.out, "\nnote: verify: "));
    const std::string end = "dry run: nothing was changed\n";
    CHECK(outcome.out.find(end) == outcome.out.size() - end.size());
    check_old_rows();
  }
  SECTION("a pattern that matches nothing") {
    const Outcome outcome = run_leat(command("copy-tables", {"--include", "nothing*"}));
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, "nothing*"));
  }
}
