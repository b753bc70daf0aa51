// --max-rejects and --rejects.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

void make_tables_with_rejects() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  src("INSERT INTO t SELECT i, CASE WHEN i IN (5, 900) THEN 'bad, \"' || i || '\"' ELSE 'good' END FROM "
      "generate_series(1, 1000) i");
  dst("ALTER TABLE t ADD CONSTRAINT good CHECK (v = 'good')");
}

}  // namespace

TEST_CASE("leat copy-table: rejected rows are in the file, and the exit code is 6", "[server]") {
  make_tables_with_rejects();
  const OwnDirectory directory;
  const std::string place = directory.file("rows.csv");
  const auto outcome = run_leat(copy({"--max-rejects", "2", "--rejects", place}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 6);
  CHECK(has(outcome.out, "998 rows"));
  CHECK(has(outcome.out, "2 rows rejected"));
  CHECK(has(outcome.out, place));
  CHECK(dst("SELECT count(*) FROM t") == "998\n");
  std::ifstream file(place);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  CHECK(has(text, ",\"(id)=(5)\",,\"5\",\"bad, \"\"5\"\"\"\n"));
  // What is there is never touched.
  const auto again = run_leat(copy({"--max-rejects", "2", "--rejects", place}));
  CHECK(again.exit_code == 2);
  CHECK(has(again.err, "holds something already"));
}

TEST_CASE("leat copy-table: rejected rows are in the table, and the report says how to load them",
          "[server]") {
  make_tables_with_rejects();
  const auto outcome =
      run_leat(copy({"--max-rejects", "2", "--rejects", "table:public.rejected", "--output", "json"}));
  INFO(outcome.err);
  CHECK(outcome.exit_code == 6);
  const json report = json::parse(outcome.out);
  CHECK(report.at("status") == "done_with_rejects");
  CHECK(report.at("rows_rejected") == 2);
  CHECK(report.at("rows_written") == 998);
  const std::string remark = report.at("remarks").back();
  dst("UPDATE rejected SET v = 'good'; " + remark.substr(remark.find("INSERT INTO")));
  CHECK(dst("SELECT count(*) FROM t") == "1000\n");
}

TEST_CASE("leat copy-table: one row too many commits nothing, and is an error of the target", "[server]") {
  make_tables_with_rejects();
  const OwnDirectory directory;
  const std::string place = directory.file("rows.csv");
  const auto outcome = run_leat(copy({"--max-rejects", "1", "--rejects", place}));
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "23514: the target refused 2 rows, more than the 1"));
  CHECK(dst("SELECT count(*) FROM t") == "0\n");
}

TEST_CASE("leat: --max-rejects and --rejects belong together, and to jobs of one table", "[server]") {
  make_tables_with_rejects();
  CHECK(run_leat(copy({"--max-rejects", "1"})).exit_code == 2);
  CHECK(run_leat(copy({"--rejects", "x.csv"})).exit_code == 2);
  CHECK(run_leat(copy({"--max-rejects", "1", "--rejects", "table:"})).exit_code == 2);
  CHECK(run_leat(copy({"--max-rejects", "-1", "--rejects", "x.csv"})).exit_code == 2);
  CHECK_FALSE(std::filesystem::exists("x.csv"));
  const auto plan = run_leat(copy({"--max-rejects", "1", "--rejects", "table:rejected", "--dry-run"}));
  CHECK(plan.exit_code == 0);
  CHECK(has(plan.out, "note: rejects: up to 1 rows"));
  const auto query = run_leat(command("query", {"--sql", "SELECT id, v FROM t WHERE id < 10", "--to", "t",
                                                "--max-rejects", "1", "--rejects", "table:rejected"}));
  CHECK(query.exit_code == 6);
  CHECK(dst("SELECT leat_row FROM rejected") == "5\n");
}

TEST_CASE("leat copy-table: a job goes on with its file of rejected rows, and is done with exit code 6",
          "[server]") {
  make_tables_with_rejects();
  server().psql("src",
                "INSERT INTO t SELECT i, 'good' FROM generate_series(1001, 300000) i; "
                "CREATE FUNCTION f(i int) RETURNS text LANGUAGE plpgsql AS $$BEGIN IF i = 250000 THEN RAISE "
                "'no'; END IF; RETURN ''; END$$");
  dst("DROP SCHEMA IF EXISTS leat_meta CASCADE");
  const OwnDirectory directory;
  const std::string place = directory.file("rows.csv");
  const Words words =
      copy({"--job", "nightly", "--mode", "append", "--on-lost-snapshot", "continue", "--readers", "1",
            "--map", "v=v || f(id)", "--max-rejects", "2", "--rejects", place});
  const auto first = run_leat(words);
  INFO(first.err);
  CHECK(first.exit_code == 3);
  const auto text = [&] {
    std::ifstream file(place);
    return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  };
  const std::string before = text();
  CHECK(std::count(before.begin(), before.end(), '\n') == 3);
  server().psql("src", "CREATE OR REPLACE FUNCTION f(i int) RETURNS text LANGUAGE sql AS $$SELECT ''$$");
  const auto second = run_leat(words);
  INFO(second.err);
  CHECK(second.exit_code == 6);
  CHECK(has(second.out, "2 rows rejected"));
  CHECK(has(second.out, "2 of them by earlier attempts"));
  CHECK(text() == before);
  const auto done = run_leat(words);
  CHECK(done.exit_code == 0);
  CHECK(has(done.out, "and 2 were rejected then"));
  CHECK(text() == before);
  CHECK(dst("SELECT count(*), count(DISTINCT id) FROM t") == "299998|299998\n");
  const auto show = run_leat(at_target({"jobs", "show", "nightly"}));
  CHECK(has(show.out, ", 2 rejected"));
}

TEST_CASE("leat copy-table: one row is told as one", "[server]") {
  make_tables_with_rejects();
  server().psql("src", "UPDATE t SET v = 'good' WHERE id = 5");
  const auto outcome = run_leat(copy({"--max-rejects", "2", "--rejects", "table:rejected"}));
  CHECK(has(outcome.out, "\n1 row rejected\n"));
}
