#include "leat/documents/diagnostic.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "documents/parsed.hpp"
#include "leat/version.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

Diagnostics two_faults() {
  const auto source = std::make_shared<const SourceText>(
      "dir/a,b.yaml", "name: größe\nloads: 100%\nurl: postgresql://me:pw@h/d\n");
  Diagnostics diagnostics;
  diagnostics.add({.place = place_at(source, 21, 4),
                   .path = "loads",
                   .code = "wrong-type",
                   .message = "loads must be a list: not \"100%\"",
                   .hint = "write\na list"});
  diagnostics.add({.place = place_at(source, 6, 7),
                   .path = "name",
                   .code = "old-key",
                   .severity = Severity::warning,
                   .message = "name was title"});
  return diagnostics;
}

}  // namespace

TEST_CASE("Diagnostics: people read them in the document's order, with carets under characters",
          "[documents]") {
  CHECK(to_text(two_faults()) ==
        "dir/a,b.yaml:1:7: warning: name was title [old-key]\n"
        "    1 | name: größe\n"
        "      |       ^~~~~\n"
        "dir/a,b.yaml:2:8: loads must be a list: not \"100%\" [wrong-type]\n"
        "    2 | loads: 100%\n"
        "      |        ^~~~\n"
        "   hint: write\na list\n");
  CHECK(to_text(Diagnostics{}).empty());
}

TEST_CASE("Diagnostics: programs read them as JSON", "[documents]") {
  const auto list = nlohmann::json::parse(to_json(two_faults()));
  REQUIRE(list.size() == 2);
  CHECK(list[1] == nlohmann::json::parse(R"({"file": "dir/a,b.yaml", "line": 2, "column": 8, "length": 4,
    "path": "loads", "code": "wrong-type", "severity": "error",
    "message": "loads must be a list: not \"100%\"", "hint": "write\na list"})"));
  CHECK(to_json(Diagnostics{}) == "[]\n");
  Diagnostics whole;
  whole.add({.code = "empty", .message = "nothing"});
  CHECK(nlohmann::json::parse(to_json(whole))[0]["line"].is_null());
}

TEST_CASE("Diagnostics: annotations of a workflow keep their form, whatever is said", "[documents]") {
  CHECK(to_github(two_faults()) ==
        "::warning file=dir/a%2Cb.yaml,line=1,col=7,endColumn=12,title=old-key::name was title\n"
        "::error file=dir/a%2Cb.yaml,line=2,col=8,endColumn=12,title=wrong-type::loads must be a list: not "
        "\"100%25\" (write%0Aa list)\n");
}

TEST_CASE("Diagnostics: SARIF has rules, levels and regions", "[documents]") {
  const auto log = nlohmann::json::parse(to_sarif(two_faults()));
  CHECK(log["version"] == "2.1.0");
  const auto& run = log["runs"][0];
  CHECK(run["tool"]["driver"]["name"] == "leat");
  CHECK(run["tool"]["driver"]["version"] == LEAT_VERSION);
  CHECK(run["tool"]["driver"]["rules"] ==
        nlohmann::json::parse(R"([{"id": "old-key"}, {"id": "wrong-type"}])"));
  CHECK(run["columnKind"] == "unicodeCodePoints");
  const auto& result = run["results"][1];
  CHECK(result["ruleId"] == "wrong-type");
  CHECK(result["level"] == "error");
  const auto& physical = result["locations"][0]["physicalLocation"];
  CHECK(physical["artifactLocation"]["uri"] == "dir/a,b.yaml");
  CHECK(physical["region"] ==
        nlohmann::json::parse(R"({"startLine": 2, "startColumn": 8, "endColumn": 12})"));
}

TEST_CASE("Diagnostics: what looks like a password in a line is covered", "[documents]") {
  const auto shown_line = [](const std::string& line) {
    const auto source = std::make_shared<const SourceText>("a", line);
    Diagnostics diagnostics;
    diagnostics.add({.place = place_at(source, 0, 1), .code = "c", .message = "m"});
    const std::string text = to_text(diagnostics);
    const std::size_t begin = text.find(" | ") + 3;
    return text.substr(begin, text.find('\n', begin) - begin);
  };
  CHECK(shown_line("url: postgresql://me:p@ss@host/db") == "url: postgresql://me:****@host/db");
  CHECK(shown_line("url: \"postgresql://me:pä@host/db\", b: c") ==
        "url: \"postgresql://me:**@host/db\", b: c");
  CHECK(shown_line("Password: hunter2") == "Password: *******");
  CHECK(shown_line("{\"api_token\": \"abc\", \"b\": 1}") == "{\"api_token\": \"***\", \"b\": 1}");
  CHECK(shown_line("dsn: host=h password=hunter2") == "dsn: host=h password=*******");
  CHECK(shown_line("password: ${env:PGPASSWORD}") == "password: ${env:PGPASSWORD}");
  CHECK(shown_line("password_file: x").find('*') != std::string::npos);
  CHECK(shown_line("tokens").find('*') == std::string::npos);
}

TEST_CASE("Diagnostics: of a long line the part around the place is shown", "[documents]") {
  const auto source =
      std::make_shared<const SourceText>("a", std::string(500, 'x') + "é" + std::string(500, 'y'));
  Diagnostics diagnostics;
  diagnostics.add({.place = place_at(source, 500, 2), .code = "c", .message = "m"});
  CHECK(to_text(diagnostics) == "a:1:501: m [c]\n    1 | ..." + std::string(60, 'x') + "é" +
                                    std::string(119, 'y') + "...\n      | " + std::string(63, ' ') + "^\n");
}

TEST_CASE("Diagnostics: there is a bound to how many are kept", "[documents]") {
  Diagnostics diagnostics;
  for (std::size_t i = 0; i < Diagnostics::most + 3; ++i) diagnostics.add({.code = "c", .message = "m"});
  CHECK(diagnostics.in_order().size() == Diagnostics::most);
  CHECK(diagnostics.errors() == Diagnostics::most + 3);
  const std::string text = to_text(diagnostics);
  CHECK(text.ends_with("3 more are not shown\n"));
}

}  // namespace leat::test
