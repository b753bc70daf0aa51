// Where the command's words go: an output that cannot be written, and a terminal that somebody wants to
// steer.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

void check_lost(const Outcome& outcome) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == 8);
  CHECK(has(outcome.err, "leat: standard output cannot be written: No space left on device"));
}

Words jobs_list(const Words& more = {}) {
  return joined({"jobs", "list", "--target", server().uri("dst")}, more);
}

}  // namespace

TEST_CASE("leat: help and version that cannot be written are no success", "[cli]") {
  for (const Words& words : std::vector<Words>{{"--version"}, {"--help"}, {"help"}, {"help", "query"}}) {
    check_lost(run_leat_without_space(words));
  }
}

TEST_CASE("leat: a report that cannot be written is no success, and what was done stays", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t VALUES (1)");
  const Words format = GENERATE(Words{}, Words{"--output", "json"});
  check_lost(run_leat_without_space(copy(joined({"--dry-run"}, format))));
  CHECK(dst("SELECT count(*) FROM t") == "0\n");
  check_lost(run_leat_without_space(copy(format)));
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
  check_lost(run_leat_without_space(command("check", joined({"--from", "t"}, format))));
  check_lost(run_leat_without_space(command("copy-tables", joined({"--include", "public.*"}, format))));
  check_lost(
      run_leat_without_space(command("query", joined({"--to", "t", "--sql", "SELECT 2 AS id"}, format))));
  src("UPDATE t SET id = 2");
  check_lost(run_leat_without_space(command("verify", joined({"--from", "t"}, format))));
  check_lost(run_leat_without_space(command("diff", joined({"--from", "t"}, format))));
  check_lost(run_leat_without_space(jobs_list(format)));
  check_lost(run_leat_without_space(joined({"repair", "--target", server().uri("dst")}, format)));
}

TEST_CASE("leat: where something failed the exit code says what, also without an output", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t VALUES (1)");
  const Outcome failed = run_leat_without_space(
      command("query", {"--to", "t", "--sql", "SELECT 1/0 AS id", "--output", "json"}));
  CHECK(failed.exit_code == 3);
  CHECK(has(failed.err, "standard output cannot be written"));
  const Outcome different = run_leat_without_space(command("verify", {"--from", "t"}));
  CHECK(different.exit_code == 7);
}

TEST_CASE("leat: what a server says cannot steer a terminal", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t VALUES (1)");
  dst("CREATE FUNCTION steer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "RAISE EXCEPTION USING MESSAGE = E'one\\x1b[2Jtwo\\x7f', DETAIL = E'three\\u009b2J\\rfour\\nfive ü'; "
      "END $$");
  dst("CREATE TRIGGER steer BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION steer()");
  const Outcome outcome = run_leat(copy({"--output", "json"}));
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "one?[2Jtwo?\n"));
  CHECK(has(outcome.err, "three?2J?four\nfive ü\n"));
  const auto report = nlohmann::json::parse(outcome.out);
  CHECK(report.at("message").get<std::string>().find("one\x1b[2Jtwo\x7f") != std::string::npos);
}

TEST_CASE("leat: a table's name cannot steer a terminal", "[cli][server]") {
  make_anew("CREATE TABLE \"a\x1b[2Jb\" (id int)");
  const Outcome outcome = run_leat(command("copy-tables", {"--include", "public.*", "--progress", "always"}));
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "a?[2Jb"));
  for (const auto& text : {outcome.out, outcome.err}) CHECK_FALSE(has(text, "\x1b"));
}
