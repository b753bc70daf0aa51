// leat diff, and --create and --evolve of the other commands.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// "src" has a table, and "dst" none.
void make_table() {
  make_anew();
  src("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE INDEX t_v ON t (v); "
      "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 10) i");
}

}  // namespace

TEST_CASE("leat diff: its exit code tells whether the tables are equal", "[cli][server]") {
  make_table();
  dst("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE INDEX ON t (v)");
  SECTION("equal") {
    const Outcome outcome = run_leat(command("diff", {"--from", "t"}));
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "\nequal\n"));
    CHECK(outcome.err.empty());
  }
  SECTION("different, for people") {
    dst("ALTER TABLE t ADD x int, DROP v");
    const Outcome outcome = run_leat(command("diff", {"--from", "t"}));
    CHECK(outcome.exit_code == 1);
    CHECK(has(outcome.out,
              "error: added column v: text in the source, none in the target; its values have no place\n"
              "note: removed column x: none in the source, integer in the target\n"
              "note: index t_v: USING btree (v) in the source, none in the target\n3 differences\n"));
  }
  SECTION("different, for programs") {
    dst("ALTER TABLE t ALTER v TYPE varchar(9)");
    const Outcome outcome = run_leat(command("diff", {"--from", "t", "--output", "json"}));
    CHECK(outcome.exit_code == 1);
    const json report = json::parse(outcome.out);
    CHECK(report.at("status") == "different");
    CHECK(report.at("loses_data") == false);
    CHECK(report.at("differences").at(0).at("kind") == "type");
    CHECK(report.at("differences").at(0).at("source") == "text");
  }
  SECTION("with columns chosen and renamed") {
    dst("ALTER TABLE t RENAME v TO w; DROP INDEX t_v_idx");
    CHECK(run_leat(command("diff", {"--from", "t", "--rename", "v=w"})).exit_code == 1);
    CHECK(run_leat(command("diff", {"--from", "t", "--columns", "id"})).exit_code == 1);
    CHECK(run_leat(command("diff", {"--from", "t", "--exclude", "v"})).exit_code == 1);
    dst("ALTER TABLE t DROP w");
    CHECK(run_leat(command("diff", {"--from", "t", "--exclude", "v"})).exit_code == 0);
  }
  SECTION("a table that there is not") {
    const Outcome outcome = run_leat(command("diff", {"--from", "t", "--to", "u", "--output", "json"}));
    CHECK(outcome.exit_code == 4);
    CHECK(json::parse(outcome.out).at("sqlstate") == "42P01");
    CHECK(has(outcome.err, "relation u does not exist in the target"));
  }
  SECTION("words that it does not know") {
    CHECK(run_leat(command("diff", {})).exit_code == 2);
    CHECK(run_leat(command("diff", {"--from", "t", "--columns", "a", "--exclude", "b"})).exit_code == 2);
  }
}

TEST_CASE("leat help diff: the exit codes are there", "[cli]") {
  const Outcome outcome = run_leat({"help", "diff"});
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "Usage: leat diff --source C --target C (--from S.T | --include P...)"));
  CHECK(has(outcome.out, "0 equal, 1 different"));
}

TEST_CASE("leat --create: the target is made, by every command", "[cli][server]") {
  make_table();
  SECTION("copy-table") {
    const Outcome outcome = run_leat(command("copy-table", {"--from", "t", "--create"}));
    CHECK(outcome.exit_code == 0);
    CHECK(has(outcome.out, "note: made without index t_v, which --create=full makes\n"));
    CHECK(run_leat(command("diff", {"--from", "t"})).exit_code == 1);
  }
  SECTION("copy-table, in full") {
    CHECK(run_leat(command("copy-table", {"--from", "t", "--create=full"})).exit_code == 0);
    CHECK(run_leat(command("diff", {"--from", "t"})).exit_code == 0);
  }
  SECTION("copy-tables") {
    CHECK(run_leat(command("copy-tables", {"--include", "public.*", "--create=full"})).exit_code == 0);
    CHECK(run_leat(command("diff", {"--from", "t"})).exit_code == 0);
  }
  SECTION("query") {
    const Words query{"--sql", "SELECT id, v FROM t", "--to", "t", "--create"};
    CHECK(run_leat(command("query", query)).exit_code == 0);
  }
  CHECK(dst("SELECT count(*) FROM t") == "10\n");
}

TEST_CASE("leat --create: a dry run and a check make nothing", "[cli][server]") {
  make_table();
  const Outcome plan = run_leat(command("copy-table", {"--from", "t", "--create=full", "--dry-run"}));
  CHECK(plan.exit_code == 0);
  CHECK(has(plan.out,
            "CREATE TABLE \"public\".\"t\" (\"id\" integer NOT NULL, \"v\" text, CONSTRAINT \"t_pkey\" "
            "PRIMARY KEY (id));\n"));
  CHECK(run_leat(command("check", {"--from", "t", "--create"})).exit_code == 0);
  CHECK(run_leat(command("check", {"--from", "t"})).exit_code == 4);
  CHECK(dst("SELECT to_regclass('t') IS NULL") == "t\n");
  CHECK(run_leat(command("copy-table", {"--from", "t", "--create=everything"})).exit_code == 2);
}

TEST_CASE("leat --evolve: columns are added", "[cli][server]") {
  make_table();
  dst("CREATE TABLE t (id int)");
  CHECK(run_leat(command("copy-table", {"--from", "t"})).exit_code == 4);
  const Outcome outcome = run_leat(command("copy-table", {"--from", "t", "--evolve"}));
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "note: column v (text) is added to public.t\n"));
  CHECK(dst("SELECT v FROM t WHERE id = 3") == "v3\n");
}
