// SQL of the user's own around a load, a query from standard input, and a command that is quiet.
#include <stdio.h>
#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/places.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

void make_filled_table() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE log (at text)");
  src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 20) i");
  dst("INSERT INTO t VALUES (-1, 'old')");
}

std::string target_state() {
  return dst(
      "SELECT (SELECT count(*) FROM t), (SELECT min(v) FROM t), (SELECT string_agg(at, ' ') FROM log)");
}

/// The command with this on its standard input.
Outcome run_with_input(const std::string& input, const Words& words) {
  std::string line = "printf '%s' '" + input + "' | env -u PGOPTIONS '" + built_program("leat") + "'";
  for (const auto& word : words) line += " '" + word + "'";
  FILE* pipe = ::popen((line + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  char part[256];
  while (::fgets(part, sizeof part, pipe) != nullptr) outcome.out += part;
  const int status = ::pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

}  // namespace

TEST_CASE("leat: SQL of the user's own runs in the load's transaction", "[cli][server]") {
  make_filled_table();
  const Words around{
      "--before-sql", "INSERT INTO log SELECT 'before:' || count(*) FROM t",
      "--after-sql",  "INSERT INTO log SELECT 'after:' || count(*) FROM t",
      "--after-sql",  "UPDATE t SET v = 'n' WHERE id = 1; UPDATE t SET v = 'm' WHERE id = 1 -- so"};
  SECTION("of a table") {
    CHECK(run_leat(copy(around)).exit_code == 0);
    CHECK(target_state() == "20|m|before:1 after:20\n");
  }
  SECTION("of a table, by a merge") {
    CHECK(run_leat(copy(joined(around, {"--mode", "sync"}))).exit_code == 0);
    CHECK(target_state() == "20|m|before:1 after:20\n");
  }
  SECTION("of a query") {
    CHECK(
        run_leat(command("query", joined(around, {"--to", "t", "--sql", "SELECT id, v FROM t"}))).exit_code ==
        0);
    CHECK(target_state() == "20|m|before:1 after:20\n");
  }
  SECTION("of a job with a name, when it is published") {
    CHECK(run_leat(copy({"--job", "j", "--after-sql", around[3]})).exit_code == 0);
    CHECK(target_state() == "20|v1|after:20\n");
  }
  SECTION("of a load that makes its table") {
    CHECK(run_leat(copy({"--to", "made", "--before-sql", "CREATE TABLE made (id int, v text)"})).exit_code ==
          0);
    CHECK(dst("SELECT count(*) FROM made") == "20\n");
  }
  SECTION("of a check and a dry run nothing stays") {
    CHECK(run_leat(copy(joined(around, {"--dry-run"}))).exit_code == 0);
    CHECK(run_leat(command("check", joined(around, {"--from", "t"}))).exit_code == 0);
    CHECK(target_state() == "1|old|\n");
  }
}

TEST_CASE("leat: where the user's own SQL fails nothing is loaded, and the place is shown", "[cli][server]") {
  make_filled_table();
  for (const char* option : {"--before-sql", "--after-sql"}) {
    Outcome outcome = run_leat(copy({option, "INSERT INTO log VALUES (1); SELECT zz"}));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 4);
    CHECK(has(outcome.err, "42703: " + std::string(option) + ": column \"zz\" does not exist"));
    CHECK(has(outcome.err, "\n  line 1: INSERT INTO log VALUES (1); SELECT zz\n"));
    CHECK(target_state() == "1|old|\n");
    outcome = run_leat(copy({option, "SELECT 1 / 0"}));
    CHECK(outcome.exit_code == 4);
    CHECK(has(outcome.err, "22012"));
    outcome = run_leat(copy({option, "ROLLBACK"}));
    INFO(outcome.err);
    CHECK(outcome.exit_code == 4);
    CHECK(has(outcome.err, std::string(option) + " has ended the transaction of the load"));
    CHECK(target_state() == "1|old|\n");
    outcome = run_leat(copy({option, "ROLLBACK; BEGIN"}));
    CHECK(has(outcome.err, std::string(option) + " has ended the transaction of the load"));
    CHECK(target_state() == "1|old|\n");
    for (const char* nothing : {"", " ; -- no"}) {
      outcome = run_leat(copy({option, nothing}));
      INFO(outcome.err);
      CHECK(outcome.exit_code == 2);
      CHECK(has(outcome.err, option));
    }
  }
}

TEST_CASE("leat: SQL of the user's own where several transactions load is refused by its option",
          "[cli][server]") {
  make_filled_table();
  Outcome outcome = run_leat(copy({"--before-sql", "SELECT 1", "--job", "j"}));
  CHECK(outcome.exit_code == 2);
  CHECK(has(outcome.err, "--before-sql"));
  outcome = run_leat(
      copy({"--after-sql", "SELECT 1", "--job", "j", "--mode", "append", "--on-lost-snapshot", "continue"}));
  CHECK(outcome.exit_code == 2);
  CHECK(has(outcome.err, "--after-sql"));
  outcome = run_leat(command("copy-tables", {"--include", "t", "--after-sql", "SELECT 1"}));
  CHECK(outcome.exit_code == 2);
  CHECK(target_state() == "1|old|\n");
}

TEST_CASE("leat query --file -: the query comes from standard input", "[cli][server]") {
  make_filled_table();
  const Words words = command("query", {"--to", "t", "--file", "-"});
  CHECK(run_with_input("SELECT id, v FROM t WHERE id < 4;\n-- so\n", words).exit_code == 0);
  CHECK(dst("SELECT count(*) FROM t") == "3\n");
  const Outcome refused = run_with_input("SELECT id,\n zz FROM t", words);
  CHECK(refused.exit_code == 3);
  CHECK(has(refused.out, "\n  line 2:  zz FROM t\n"));
  CHECK(run_with_input("", words).exit_code == 2);
}

TEST_CASE("leat --quiet: what goes as it should says nothing", "[cli][server]") {
  make_filled_table();
  const std::vector<Words> lines{copy(),
                                 copy({"--dry-run"}),
                                 copy({"--output", "json"}),
                                 command("check", {"--from", "t"}),
                                 command("copy-tables", {"--include", "t"}),
                                 command("query", {"--to", "t", "--sql", "SELECT id, v FROM t"}),
                                 command("verify", {"--from", "t"}),
                                 command("diff", {"--from", "t"}),
                                 at_target({"repair"})};
  for (const auto& line : lines) {
    const Outcome outcome = run_leat(joined(line, {"--quiet"}));
    INFO(line.front() << ": " << outcome.out << outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.out.empty());
    CHECK(outcome.err.empty());
  }
  const Outcome drawn = run_leat(copy({"--quiet", "--progress", "always"}));
  CHECK(drawn.out.empty());
  CHECK_FALSE(drawn.err.empty());
}

TEST_CASE("leat --quiet: what does not is told as ever", "[cli][server]") {
  make_filled_table();
  Outcome outcome = run_leat(command("verify", {"--from", "t", "--quiet"}));
  CHECK(outcome.exit_code == 7);
  CHECK(has(outcome.out, "different: "));
  dst("ALTER TABLE t ADD CHECK (id > 5) NOT VALID");
  src("ALTER TABLE t ADD w int");
  outcome = run_leat(command("diff", {"--from", "t", "--quiet"}));
  CHECK(outcome.exit_code == 1);
  CHECK_FALSE(outcome.out.empty());
  src("ALTER TABLE t DROP w");
  outcome = run_leat(copy({"--quiet"}));
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.err, "23514"));
  outcome = run_leat(copy({"--quiet", "--output", "json"}));
  CHECK(json::parse(outcome.out).at("sqlstate") == "23514");
  outcome = run_leat(command("copy-tables", {"--include", "t", "--quiet"}));
  CHECK(outcome.exit_code == 4);
  CHECK(has(outcome.out, "not copied"));
}
