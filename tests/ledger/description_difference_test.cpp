#include "ledger/description_difference.hpp"

#include "support/catch.hpp"

using leat::postgres_detail::description_difference;
using Lines = std::vector<std::string>;

TEST_CASE("description: members that differ are named with both values", "[postgres]") {
  CHECK(
      description_difference(R"({"mode": "replace", "readers": 2})", R"({"readers": 2, "mode": "append"})") ==
      Lines{R"(mode: "replace" -> "append")"});
  CHECK(description_difference(R"({"a": 1})", R"({"b": null})") ==
        Lines{"a: 1 -> nothing", "b: nothing -> null"});
  CHECK(description_difference(R"({"map": {"x": "1", "y": "2"}})", R"({"map": {"x": "1", "y": "3"}})") ==
        Lines{R"(map.y: "2" -> "3")"});
  CHECK(description_difference(R"({"key": ["a", "b"]})", R"({"key": ["b", "a"]})") ==
        Lines{R"(key: ["a","b"] -> ["b","a"])"});
}

TEST_CASE("description: what is the same but written otherwise does not differ", "[postgres]") {
  CHECK(description_difference(R"({"a": 1, "b": {"c": [1.0]}})", R"({ "b":{"c":[1]},"a":1.0 })").empty());
}

TEST_CASE("description: long values are cut between characters, and what is no object is said",
          "[postgres]") {
  const std::string value(400, 'x');
  const std::string wide = std::string(238, 'x') + "äöüäöüäöü";
  const auto lines = description_difference(R"({"sql": ")" + value + R"(", "w": ")" + wide + R"("})", "{}");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "sql: \"" + std::string(239, 'x') + "… -> nothing");
  CHECK(lines[1] == "w: \"" + std::string(238, 'x') + "… -> nothing");
  CHECK(description_difference("{", "{}") == Lines{"one of the descriptions is no JSON object"});
}
