// leat query: parameters that are NULL, have a type or do not exist, and jobs.
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

Outcome run_query(const std::string& sql, const Words& more) {
  return run_leat(joined(command("query", {"--to", "t", "--sql", sql}), more));
}

void make_query_tables() {
  make_anew();
  src("CREATE TABLE t (id int, v text); INSERT INTO t SELECT g, 'v' || g FROM generate_series(1, 10) g");
  dst("CREATE TABLE t (id int, v text)");
}

}  // namespace

TEST_CASE("leat query: a parameter that the query does not have is told with the nearest one", "[cli]") {
  const Words databases{"query", "--source", "host=/nowhere", "--target", "host=/nowhere",
                        "--to",  "t",        "--sql"};
  const auto refused = [&](const Words& more, const std::string& message) {
    const Outcome outcome = run_leat(joined(databases, more));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 2);
    CHECK(has(outcome.err, message));
    CHECK_FALSE(has(outcome.err, "s3cretWord"));
  };
  const std::string sql = "SELECT id FROM t WHERE at > :since AND id < :most";
  refused({sql, "--param", "sicne=s3cretWord"},
          "the query has no parameter :sicne; did you mean since?\n  hint: it has :since, :most\n");
  refused({sql, "--param-null", "mots"}, "the query has no parameter :mots; did you mean most?");
  refused({"SELECT 1 AS id", "--param", "x=s3cretWord"}, "the query has no parameter :x\n");
  refused({sql, "--param", "since=s3cretWord"}, "the SQL has parameters without a value: :most");
  refused({sql, "--param", "since=1", "--param-null", "since"}, "parameter since is given twice");
  refused({sql, "--param-null", "since=s3cretWord"}, "--param-null takes a name without a value");
  refused({sql, "--param", "s3cretWord"}, "--param takes name=value, and one of them has no name");
  refused({sql, "--param", "since::=s3cretWord"}, "--param since::: no type stands behind the ::");
  refused({"SELECT 1 AS id", "--retries", "3"}, "--retries");
  refused({"SELECT 1 AS id", "--restart"}, "--restart");
}

TEST_CASE("leat query: parameters may be NULL and have types", "[cli][server]") {
  make_query_tables();
  const Outcome null =
      run_query("SELECT id, coalesce(:none, v) AS v FROM t WHERE (:least::int IS NULL OR id > :least)",
                {"--param-null", "none", "--param-null", "least"});
  INFO(null.err);
  CHECK(null.exit_code == 0);
  CHECK(dst("SELECT count(*), min(v) FROM t") == "10|v1\n");
  const Outcome typed = run_query("SELECT 1 AS id, pg_typeof(:a) || ' ' || :a || ' ' || pg_typeof(:b) AS v",
                                  {"--param", "a::numeric(4,1)=2.25", "--param-null", "b::timestamptz"});
  INFO(typed.err);
  CHECK(typed.exit_code == 0);
  CHECK(dst("SELECT v FROM t") == "numeric 2.3 timestamp with time zone\n");
  const Outcome none = run_query("SELECT :a AS id", {"--param", "a::intt=1"});
  CHECK(none.exit_code == 2);
  CHECK(has(none.err, "the type of :a, intt, is none"));
}

TEST_CASE("leat query --job: a second run says that it is done", "[cli][server]") {
  make_query_tables();
  const std::string sql = "SELECT id, v FROM t WHERE id <= :n";
  const Words job{"--mode", "append", "--job", "nightly", "--verify", "--param", "n=5"};
  const Outcome first = run_query(sql, job);
  INFO(first.err);
  CHECK(first.exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "5\n");
  const Outcome second = run_query(sql, job);
  CHECK(second.exit_code == 0);
  CHECK(has(second.out, "note: job nightly was done at "));
  CHECK(has(second.out, "(5 rows): nothing was loaded; --restart begins it anew\n"));
  CHECK(dst("SELECT count(*) FROM t") == "5\n");
  const Outcome other =
      run_query(sql, {"--mode", "append", "--job", "nightly", "--verify", "--param", "n=6"});
  CHECK(other.exit_code == 2);
  CHECK(has(other.err, "parameters.n: \"5\" -> \"6\""));
  const Outcome show = run_leat(at_target({"jobs", "show", "nightly"}));
  CHECK(has(show.out, "  done: 1 of 1 slice, 5 rows, "));
  CHECK(has(show.out, "  query: SELECT id, v FROM t WHERE id <= :n\n  parameters: n=5\n"));
  CHECK(has(show.out, "  report: 5 rows read, 5 written\n"));
  CHECK(json::parse(run_query(sql, joined(job, {"--output", "json"})).out)["slices_skipped"] == 1);
}

TEST_CASE("leat: a failed load tells what it had done", "[cli][server]") {
  make_query_tables();
  dst("ALTER TABLE t ADD CHECK (id <> 7)");
  const Outcome text = run_query("SELECT id, v FROM t", {});
  CHECK(text.exit_code == 4);
  CHECK(has(text.err, "  done: 10 rows read, "));
  CHECK(has(text.err, " written, 0 committed\n"));
  const json report = json::parse(run_query("SELECT id, v FROM t", {"--output", "json"}).out);
  CHECK(report["rows_read"] == 10);
  CHECK(report["rows_committed"] == 0);
}

TEST_CASE("leat query --transform: the source does what a file says, and errors stand in the file",
          "[cli][server]") {
  make_query_tables();
  const OwnDirectory directory;
  const auto written_file = [&directory](const std::string& name, const std::string& text) {
    std::ofstream(directory.path() / name) << text;
    return (directory.path() / name).string();
  };
  const std::string file =
      written_file("users.yaml",
                   "- filter: {id: {le: 6}}\n"
                   "  transformations:\n"
                   "    - {type: mask, column: v, how: sha256, salt: \"${env:LEAT_TEST_SALT}\"}\n"
                   "- sql: |\n"
                   "    SELECT id, v\n"
                   "    FROM input_data WHERE id > :least\n");
  const Words transform{"--transform", file};
  const Outcome missing = run_query("SELECT * FROM t", joined(transform, {"--param", "least=2"}));
  CHECK(missing.exit_code == 2);
  CHECK(has(missing.err, "users.yaml:3:"));
  CHECK(has(missing.err, "LEAT_TEST_SALT"));
  CHECK(has(missing.err, "nothing was done"));
  const Outcome done = run_leat_with({"LEAT_TEST_SALT=a\"b\\c: #%"},
                                     joined(command("query", {"--to", "t", "--sql", "SELECT * FROM t"}),
                                            joined(transform, {"--param", "least=2"})));
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(dst("SELECT count(*), min(id), max(id), min(length(v)) FROM t") == "4|3|6|64\n");

  const std::string wrong = written_file("wrong.yaml", "add_columns:\n  v: nme || '!'\n");
  const Outcome refused = run_query("SELECT id FROM t", {"--transform", wrong});
  CHECK(refused.exit_code == 3);
  CHECK(has(refused.err, "42703"));
  CHECK(has(refused.err, "wrong.yaml:2:6"));
  const std::string unknown = written_file("unknown.yaml", "renam: {a: b}\n");
  const Outcome told = run_query("SELECT id FROM t", {"--transform", unknown});
  CHECK(told.exit_code == 2);
  CHECK(has(told.err, "unknown.yaml:1:1: the document has no key \"renam\" [unknown-key]"));
  CHECK(has(told.err, "did you mean rename?"));
  CHECK(dst("SELECT count(*) FROM t") == "4\n");
}

TEST_CASE("leat query --transform: with place: target that one does it, and its errors stand in the file",
          "[cli][server]") {
  make_query_tables();
  dst("CREATE TABLE names (id int, name text); INSERT INTO names VALUES (1, 'one'), (2, 'two')");
  const OwnDirectory directory;
  const auto written_file = [&directory](const std::string& name, const std::string& text) {
    std::ofstream(directory.path() / name) << text;
    return (directory.path() / name).string();
  };
  const std::string file =
      written_file("named.yaml",
                   "place: target\nsteps:\n  - filter: {id: {le: 6}}\n  - sql: SELECT id, name "
                   "AS v FROM input_data JOIN names USING (id)\n");
  const Outcome plan = run_query("SELECT * FROM t", {"--transform", file, "--dry-run"});
  INFO(plan.err);
  CHECK(has(plan.out, "place target"));
  const Outcome done = run_query("SELECT * FROM t", {"--transform", file});
  INFO(done.err);
  CHECK(done.exit_code == 0);
  CHECK(dst("SELECT id, v FROM t ORDER BY id") == "1|one\n2|two\n");
  const std::string wrong = written_file("wrong.yaml", "place: target\nadd_columns:\n  v: nme || '!'\n");
  const Outcome refused = run_query("SELECT id FROM t", {"--transform", wrong});
  CHECK(refused.exit_code == 4);
  CHECK(has(refused.err, "42703"));
  CHECK(has(refused.err, "wrong.yaml:3:6"));
  const Outcome conflict = run_query("SELECT * FROM t", {"--transform", file, "--verify"});
  CHECK(conflict.exit_code == 2);
  CHECK(has(conflict.err, "verify"));
  CHECK(dst("SELECT count(*) FROM t") == "2\n");
}
