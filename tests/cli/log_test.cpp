// The log on standard error, as text and as JSON.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "log_lines.hpp"
#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// Such a command, and the code that it ends with.
struct Ending {
  Words words;
  int exit_code = 0;
};

}  // namespace

TEST_CASE("leat --log-format json: events are lines with typed fields", "[cli][server]") {
  make_anew("CREATE TABLE t (id int, v text)");
  src("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 1000) i");
  const Outcome outcome = run_leat(copy(joined(with_events, {"--job", "nightly"})));
  CHECK(outcome.exit_code == 0);
  const auto lines = lines_of(outcome);
  REQUIRE(lines.size() >= 4);
  for (const auto& line : lines) {
    CHECK(line.at("level").is_string());
    CHECK(line.at("job") == "nightly");
    CHECK(line.at("table").is_string());
  }
  CHECK(lines.front().at("event") == "begin");
  CHECK(lines.back().at("event") == "end");
  CHECK(lines.back().at("rows") == 1000);
  CHECK(lines.back().at("seconds").is_number());
  const Outcome text = run_leat(copy({"--log-level", "info", "--mode", "append"}));
  CHECK(has(text.err, " info the job begins event=begin table=t mode=append\n"));
}

TEST_CASE("leat --log-format json: the final error is a line, too", "[cli][server]") {
  make_anew("CREATE TABLE t (id int, v text)");
  src("INSERT INTO t VALUES (1, 'x')");
  dst("ALTER TABLE t ADD CONSTRAINT small CHECK (id > 5)");
  for (const char* level : {"warning", "off"}) {
    const Outcome outcome = run_leat(copy(joined(as_json_lines, {"--log-level", level})));
    CHECK(outcome.exit_code == 4);
    const auto last = lines_of(outcome).back();
    CHECK(last.at("level") == "error");
    CHECK(last.at("event") == "error");
    CHECK(last.at("kind") == "target");
    CHECK(last.at("sqlstate") == "23514");
    CHECK(last.at("exit_code") == 4);
    CHECK(has(last.at("message"), "small"));
    CHECK(last.at("time").is_string());
  }
  const auto place = lines_of(run_leat(copy(joined(as_json_lines, {"--where", "id >"})))).back();
  CHECK(place.at("sql") == "id >");
  CHECK(place.at("position").is_number());
}

TEST_CASE("leat --log-format json: so are errors of the command line, and of standard output",
          "[cli][server]") {
  for (const Words& words : {Words{"copy-table", "--form", "t", "--log-format", "json"},
                             Words{"copy-table", "--log-format=json"}}) {
    const Outcome outcome = run_leat(words);
    CHECK(outcome.exit_code == 2);
    const auto lines = lines_of(outcome);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("exit_code") == 2);
    CHECK(lines[0].at("kind") == "config");
  }
  make_anew("CREATE TABLE t (id int)");
  for (const Words& words : {copy(),
                             command("check", {"--from", "t"}),
                             command("copy-tables", {"--include", "public.t"}),
                             command("query", {"--to", "t", "--sql", "SELECT 1 AS id WHERE false"}),
                             command("verify", {"--from", "t"}),
                             command("diff", {"--from", "t"}),
                             at_target({"repair"}),
                             at_target({"jobs", "list"}),
                             {"connections"}}) {
    INFO(words.front());
    const Sink out = words.front() == "copy-table" ? Sink::full : Sink::broken_pipe;
    const Outcome lost = run_leat(joined(words, as_json_lines), {.out = out});
    CHECK(lost.exit_code == 9);
    const auto lines = lines_of(lost);
    REQUIRE(!lines.empty());
    CHECK(lines.back().at("event") == "error");
    CHECK(lines.back().at("exit_code") == 9);
    CHECK(has(lines.back().at("message"), "standard output cannot be written: "));
  }
}

TEST_CASE("leat --log-format json: every command tells its final error by one line", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  const std::vector<Ending> all{
      {command("verify", {"--from", "t", "--to", "nothing"}), 4},
      {command("diff", {"--from", "nothing"}), 3},
      {at_target({"repair", "--table", "nothing"}), 4},
      {at_target({"jobs", "show", "nothing"}), 2},
      {{"jobs", "list", "--target", "nothing"}, 2},
      {at_target({"join", "nothing"}, {"--source", server().uri("src")}), 2},
      {{"connections", "--connections", "/nowhere/ids.json"}, 2},
  };
  for (const auto& [words, exit_code] : all) {
    INFO(words.front());
    const Outcome outcome = run_leat(joined(words, as_json_lines));
    INFO(outcome.err);
    CHECK(outcome.exit_code == exit_code);
    const auto lines = lines_of(outcome);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].at("event") == "error");
    CHECK(lines[0].at("exit_code") == exit_code);
    CHECK(has(lines[0].at("message"), "noth") != has(lines[0].at("message"), "/nowhere/ids.json"));
  }
}

TEST_CASE("leat verify: its log tells how it goes, and what it has found", "[cli][server]") {
  make_anew(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, 50) "
      "i");
  const Outcome equal = run_leat(command("verify", joined({"--from", "t"}, with_events)));
  CHECK(equal.exit_code == 0);
  auto lines = lines_of(equal);
  REQUIRE(events_of(lines) == Words{"begin", "plan", "compare", "end"});
  for (const auto& line : lines) CHECK(line.at("table") == "t");
  CHECK(lines[0].at("mode") == "verify");
  CHECK(has(lines[1].at("source"), "dbname=src"));
  CHECK(has(lines[1].at("target"), "dbname=dst"));
  CHECK(lines[1].at("key") == "id");
  CHECK(lines[2].at("rows") == 50);
  CHECK(lines[3].at("status") == "equal");
  CHECK(lines[3].at("differences") == 0);

  dst("DELETE FROM t WHERE id IN (7, 8); UPDATE t SET v = 'w' WHERE id = 9");
  const Outcome different =
      run_leat(command("verify", joined({"--from", "t", "--differences", "2"}, with_events)));
  CHECK(different.exit_code == 7);
  lines = lines_of(different);
  REQUIRE(events_of(lines) == Words{"begin", "plan", "compare", "search", "end"});
  CHECK(lines[3].at("ranges") == 1);
  for (const auto& line : {lines[2], lines[4]}) {
    CHECK(line.at("rows") == 50);
    CHECK(line.at("target_rows") == 48);
    CHECK(line.at("seconds").is_number());
  }
  CHECK(lines[4].at("status") == "different");
  CHECK(lines[4].at("differences") == 2);
  CHECK(lines[4].at("more") == true);

  const Outcome failed = run_leat(command("verify", joined({"--from", "t", "--to", "nothing"}, with_events)));
  lines = lines_of(failed);
  REQUIRE(events_of(lines) == Words{"begin", "end", "error"});
  CHECK(lines[1].at("table") == "nothing");
  CHECK(lines[1].at("status") == "failed");
  CHECK(lines[1].at("sqlstate") == "42P01");
}

TEST_CASE("leat diff: its log tells how it goes, and what it has found", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
  dst("ALTER TABLE t DROP v, ADD w int");
  const Outcome outcome = run_leat(command("diff", joined({"--from", "t"}, with_events)));
  CHECK(outcome.exit_code == 1);
  const auto lines = lines_of(outcome);
  REQUIRE(events_of(lines) == Words{"begin", "plan", "end"});
  for (const auto& line : lines) CHECK(line.at("table") == "t");
  CHECK(lines[0].at("mode") == "diff");
  CHECK(has(lines[1].at("source"), "dbname=src"));
  CHECK(lines[1].at("columns") == 2);
  CHECK(lines[2].at("status") == "different");
  CHECK(lines[2].at("differences") == 2);
  CHECK(lines[2].at("loses_data") == true);
  CHECK(lines[2].at("seconds").is_number());
}

TEST_CASE("leat verify and diff: each of many tables has its events", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)");
  dst("DROP TABLE u");
  for (const char* name : {"verify", "diff"}) {
    INFO(name);
    const Outcome outcome = run_leat(command(name, joined({"--include", "public.*"}, with_events)));
    CHECK(outcome.exit_code == 4);
    std::map<std::string, std::string> ends;
    for (const auto& line : lines_of(outcome)) {
      CHECK(line.at("table").is_string());
      if (line.at("event") == "end") ends[line.at("table")] = line.at("status");
    }
    INFO(outcome.err);
    CHECK(ends == std::map<std::string, std::string>{{"public.t", "equal"}, {"public.u", "failed"}});
  }
}

TEST_CASE("leat jobs: its log tells of statements", "[cli][server]") {
  make_anew();
  const auto lines = lines_of(run_leat(
      {"jobs", "list", "--target", server().uri("dst"), "--log-level", "debug", "--log-format", "json"}));
  REQUIRE(!lines.empty());
  CHECK(std::any_of(lines.begin(), lines.end(), [](const json& line) {
    return line.value("event", "") == "statement" && line.at("side") == "target";
  }));
}

TEST_CASE("leat: a line of the log is one line, whatever the server says", "[cli][server]") {
  make_anew("CREATE TABLE t (id int PRIMARY KEY)");
  src("INSERT INTO t VALUES (1)");
  dst("CREATE FUNCTION steer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "RAISE EXCEPTION USING MESSAGE = E'one\\ntwo\\x1b[2J'; END $$; "
      "CREATE TRIGGER steer BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION steer()");
  const Outcome text = run_leat(copy({"--log-level", "info", "--mode", "append"}));
  CHECK(has(text.err, R"(info the job has failed: one\ntwo\u001b[2J event=end)"));
  CHECK_FALSE(has(text.err, "\x1b"));
  const auto lines = lines_of(run_leat(copy(joined(with_events, {"--mode", "append"}))));
  CHECK(has(lines.back().at("message"), "one\ntwo\x1b[2J"));
}
