// Where the command's words go: an output that cannot be written, and a terminal that somebody wants to
// steer.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

/// A standard output that cannot be written, and what the system says of it.
struct Lost {
  Sink out;
  const char* reason;
};

Lost any_lost() {
  return GENERATE(Lost{Sink::full, "No space left on device"}, Lost{Sink::closed, "Bad file descriptor"},
                  Lost{Sink::broken_pipe, "Broken pipe"});
}

/// Runs it so, and expects that it says this of what it has done.
void check_lost(const Words& words, Lost lost, const std::string& stands = "") {
  const Outcome outcome = run_leat(words, {.out = lost.out});
  std::string line;
  for (const auto& word : words) line += word + " ";
  INFO(line << "\n" << outcome.err);
  CHECK(outcome.exit_code == 9);
  CHECK(has(outcome.err, std::string("leat: standard output cannot be written: ") + lost.reason +
                             "; what it was to say is lost" + stands + "\n"));
}

constexpr const char* load_stands = ", but the load stands";

}  // namespace

TEST_CASE("leat: help and version that cannot be written are no success", "[cli]") {
  const Lost lost = any_lost();
  std::vector<Words> all{{"--version"}, {"--help"}, {"help"}};
  for (const char* name : {"copy-table", "check", "copy-tables", "clone", "query", "jobs", "join", "repair",
                           "verify", "diff", "schema", "transform", "connections"}) {
    all.push_back({"help", name});
    all.push_back({name, "--help"});
  }
  for (const Words& words : all) check_lost(words, lost);
}

TEST_CASE("leat: a report that cannot be written is no success, and what was done stays", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t VALUES (1)");
  const Lost lost = any_lost();
  const Words format = GENERATE(Words{}, Words{"--output", "json"});
  check_lost(copy(joined({"--dry-run"}, format)), lost);
  CHECK(dst("SELECT count(*) FROM t") == "0\n");
  check_lost(copy(format), lost, load_stands);
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
  check_lost(command("check", joined({"--from", "t"}, format)), lost);
  check_lost(command("verify", joined({"--from", "t"}, format)), lost);
  check_lost(command("diff", joined({"--from", "t"}, format)), lost);
  check_lost(command("copy-tables", joined({"--include", "public.*"}, format)), lost, load_stands);
  check_lost(command("query", joined({"--to", "t", "--sql", "SELECT 2 AS id"}, format)), lost, load_stands);
  CHECK(dst("SELECT id FROM t") == "2\n");
  dst("ALTER TABLE t ADD more int");
  check_lost(command("diff", joined({"--from", "t"}, format)), lost);
  check_lost(at_target({"jobs", "list"}, format), lost);
  check_lost(joined({"connections"}, format), lost);
  check_lost(at_target({"repair"}, format), lost, ", but what was restored stays");
}

TEST_CASE("leat: with rejects or a job's name, too, what was done stays where its report is lost",
          "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, CHECK (id < 9))");
  src("ALTER TABLE t DROP CONSTRAINT t_id_check; INSERT INTO t VALUES (1), (9)");
  const Lost lost = any_lost();
  check_lost(copy({"--mode", "append", "--max-rejects", "1", "--rejects", "table:refused"}), lost,
             load_stands);
  CHECK(dst("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM refused)") == "1|1\n");
  check_lost(copy({"--where", "id = 1", "--job", "j"}), lost, load_stands);
  CHECK(dst("SELECT count(*) FROM t") == "1\n");
  check_lost(at_target({"join", "j"}, {"--source", server().uri("src")}), lost, load_stands);
  check_lost(at_target({"jobs", "show", "j"}), lost);
  check_lost(at_target({"jobs", "forget", "j"}), lost, ", but the job is forgotten");
  CHECK(dst("SELECT count(*) FROM leat_meta.jobs") == "0\n");
}

TEST_CASE("leat: where something failed the exit code says what, also without an output", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t VALUES (1)");
  const Lost lost = any_lost();
  const Outcome failed = run_leat(
      command("query", {"--to", "t", "--sql", "SELECT 1/0 AS id", "--output", "json"}), {.out = lost.out});
  CHECK(failed.exit_code == 3);
  CHECK(has(failed.err, std::string("standard output cannot be written: ") + lost.reason));
  CHECK_FALSE(has(failed.err, "stands"));
  const Outcome different = run_leat(command("verify", {"--from", "t"}), {.out = lost.out});
  CHECK(different.exit_code == 7);
  const Outcome misspelt = run_leat({"copy-tabel", "--output", "json"}, {.out = lost.out});
  CHECK(misspelt.exit_code == 2);
}

TEST_CASE("leat: a session never gets what standard output was to get", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t SELECT generate_series(1, 1000)");
  const Outcome outcome = run_leat(copy({"--progress", "always", "--log-level", "trace"}),
                                   {.out = Sink::closed, .err = Sink::closed});
  CHECK(outcome.exit_code == 9);
  CHECK(dst("SELECT count(*) FROM t") == "1000\n");
}

TEST_CASE("leat: a standard error that cannot be written ends nothing", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t SELECT generate_series(1, 1000)");
  const Sink err = GENERATE(Sink::full, Sink::closed, Sink::broken_pipe);
  const Outcome outcome = run_leat(copy({"--progress", "always", "--log-level", "trace"}), {.err = err});
  CHECK(outcome.exit_code == 0);
  CHECK(has(outcome.out, "1,000 rows"));
  CHECK(dst("SELECT count(*) FROM t") == "1000\n");
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
