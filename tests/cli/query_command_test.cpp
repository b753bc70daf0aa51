// leat query: parameters that are NULL, have a type or do not exist, and jobs.
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
