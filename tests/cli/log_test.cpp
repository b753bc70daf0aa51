// The log on standard error, as text and as JSON.
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

/// Every line of standard error, each of which is one JSON object.
std::vector<json> lines_of(const Outcome& outcome) {
  INFO(outcome.err);
  std::vector<json> lines;
  std::istringstream text(outcome.err);
  for (std::string line; std::getline(text, line);) {
    lines.push_back(json::parse(line, nullptr, false));
    CHECK(lines.back().is_object());
  }
  return lines;
}

const Words as_json_lines{"--log-format", "json"};

}  // namespace

TEST_CASE("leat --log-format json: events are lines with typed fields", "[cli][server]") {
  make_anew("CREATE TABLE t (id int, v text)");
  src("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 1000) i");
  const Outcome outcome = run_leat(copy(joined(as_json_lines, {"--log-level", "info", "--job", "nightly"})));
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
  RunningCommand full(copy(as_json_lines), {.out = Sink::full});
  const Outcome lost = full.wait();
  CHECK(lost.exit_code == 9);
  CHECK(lines_of(lost).back().at("exit_code") == 9);
}
