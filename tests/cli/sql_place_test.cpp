// SQL on the command line that a server refuses: the place is shown.
#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "two_databases.hpp"

using namespace leat::test;
using nlohmann::json;

namespace {

void make_empty_table() {
  make_anew("CREATE TABLE t (id int PRIMARY KEY, v text)");
}

std::string err_of(const Words& words, int exit_code) {
  const Outcome outcome = run_leat(words);
  CHECK(outcome.exit_code == exit_code);
  CHECK_FALSE(has(outcome.err, "THEN"));
  return outcome.err;
}

}  // namespace

TEST_CASE("leat: refused SQL is shown with a caret under the place", "[cli][server]") {
  make_empty_table();
  CHECK(err_of(copy({"--where", "id >"}), 3) ==
        "leat: source: 42601: --where is not a condition: syntax error at end of input\n"
        "  line 1: id >\n"
        "              ^\n");
  CHECK(err_of(copy({"--where", "v = 'abc' AND v LIKE 'z%"}), 3) ==
        "leat: source: 42601: --where is not a condition: unterminated quoted string at or near \"'z%\"\n"
        "  line 1: v = 'abc' AND v LIKE 'z%\n"
        "                               ^\n");
  CHECK(has(err_of(copy({"--where", "id > 0\nAND zz = 1"}), 3), "\n  line 2: AND zz = 1\n              ^\n"));
  CHECK(has(err_of(copy({"--map", "v=upper(zz)"}), 3), "\n  line 1: upper(zz)\n                ^\n"));
  CHECK(has(err_of(command("query", {"--to", "t", "--sql", "SELECT id,\tzz FROM t"}), 3),
            "\n  line 1: SELECT id, zz FROM t\n                     ^\n"));
  // A value that its type does not take is shown at its parameter.
  CHECK(has(err_of(command("query", {"--to", "t", "--sql", "SELECT 1 AS id, 'a' AS v WHERE now() > :since",
                                     "--param", "since=heute"}),
                   3),
            "\n  line 1: SELECT 1 AS id, 'a' AS v WHERE now() > :since\n"
            "                                                 ^\n"));
  CHECK(has(err_of(command("verify", {"--from", "t", "--target-where", "zz"}), 4),
            "\n  line 1: zz\n          ^\n"));
  CHECK(has(err_of(copy({"--map", "v=(SELECT 1, 2)"}), 3), "subquery must return only one column"));
}

TEST_CASE("leat: of a long line what stands around the place is shown", "[cli][server]") {
  make_empty_table();
  const std::string many(200, '1');
  const std::string err = err_of(copy({"--where", "'" + many + "' = zz AND '" + many + "' = v"}), 3);
  const auto line = err.find("  line 1: ...111");
  REQUIRE(line != std::string::npos);
  const auto caret_line = err.find('\n', line) + 1;
  const auto caret = err.find('^', caret_line);
  REQUIRE(caret != std::string::npos);
  CHECK(err.substr(line + (caret - caret_line), 2) == "zz");
  CHECK(caret_line - line < 110);
}

TEST_CASE("leat: programs get the SQL and the position", "[cli][server]") {
  make_empty_table();
  const json error = json::parse(run_leat(copy({"--where", "id = zz", "--output", "json"})).out);
  CHECK(error.at("sql") == "id = zz");
  CHECK(error.at("position") == 6);
  const json other =
      json::parse(run_leat(command("copy-table", {"--from", "nowhere", "--output", "json"})).out);
  CHECK(other.at("sql").is_null());
  CHECK(other.at("position").is_null());
}
