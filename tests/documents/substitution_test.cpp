#include "leat/documents/substitution.hpp"

#include <fstream>
#include <map>
#include <string>

#include "documents/example_fields.hpp"
#include "documents/parsed.hpp"
#include "leat/documents/read_fields.hpp"
#include "leat/documents/stream_fields.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"

namespace leat::test {
namespace {

using Variables = std::map<std::string, std::string>;

SubstitutionSources sources_of(Variables variables) {
  SubstitutionSources sources;
  sources.environment = [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return sources;
}

}  // namespace

TEST_CASE("Substitution: passwords come through as they are, and are never shown", "[documents]") {
  const std::vector<std::string> passwords{
      "a: b",
      "#no comment",
      "it's \"quoted\"",
      "back\\slash\\C",
      "> folded",
      "| block",
      "!tag",
      "&anchor *alias",
      "%percent",
      "@at`tick",
      "two\nlines\n",
      "-----BEGIN KEY-----\nabc==\n-----END KEY-----",
      "tab\there",
      "  spaces  ",
      "${env:OTHER}",
      "$${literal}",
      "}{][,",
      "null",
      "true",
      "012",
      "1e9",
      "päßwörd😀",
      "'; DROP TABLE x; --",
      "postgresql://u:p@h/d?x=%20",
      "<<",
      "---\n...",
      "\r\n",
      "\xff\xfe no utf-8",
  };
  for (const auto& password : passwords) {
    CAPTURE(password);
    Parsed parsed = parse(
        "from: a\npassword: ${env:PGPASSWORD}\nwhere: \"x${env:PGPASSWORD}y\"\n"
        "labels: {p: \"<${env:PGPASSWORD}>\"}\n");
    REQUIRE(parsed.root);
    const ValueType type = value_types::structure(example_fields());
    const auto sources = sources_of({{"PGPASSWORD", password}, {"OTHER", "wrong"}});
    substitute(*parsed.root, sources, parsed.diagnostics, &type);
    const Node& node = parsed.root->find("password")->value;
    CHECK(node.text == password);
    CHECK(node.tainted);
    CHECK(scalar_type(node) == ScalarType::text);
    ExampleOptions options;
    read_into(options, *example_fields(), *parsed.root, "", parsed.diagnostics);
    CHECK(options.password == password);
    CHECK(options.labels.at("p") == "<" + password + ">");
    // SQL stays as it is.
    CHECK(options.where == "x${env:PGPASSWORD}y");
    CHECK(to_json(*parsed.root).find("\"password\": \"${env:PGPASSWORD}\"") != std::string::npos);
    CHECK(to_json(*parsed.root).find("\"p\": \"<${env:PGPASSWORD}>\"") != std::string::npos);
    CHECK(parsed.said() ==
          "a.yaml:3:10: warning: nothing is substituted in SQL [reference-in-sql]\n"
          "    3 | where: \"x${env:PGPASSWORD}y\"\n"
          "      |          ^~~~~~\n"
          "   hint: write :name, and its value under params\n");
    // Wherever it is read as something that it is not, it is not shown.
    for (const auto& field : stream_fields()->fields()) {
      Parsed wrong = parse(field.name + ": ${env:PGPASSWORD}\n");
      substitute(*wrong.root, sources_of({{"PGPASSWORD", "hunter2"}}), wrong.diagnostics);
      StreamOptions stream;
      read_into(stream, *stream_fields(), *wrong.root, "", wrong.diagnostics);
      CHECK(wrong.said().find("hunter2") == std::string::npos);
      CHECK((wrong.diagnostics.has_error() || field.name == "rejects"));
    }
  }
}

TEST_CASE("Substitution: a value is read as its field wants it", "[documents]") {
  Parsed parsed = parse(
      "lock_timeout: ${env:T}\nmax_rate: ${param:rate}\nverify: ${env:V:-true}\n"
      "rejects: {max: \"${run:attempt}0\", to: 'bad-${run:date}-$${x}.csv'}\n");
  REQUIRE(parsed.root);
  auto sources = sources_of({{"T", "90s"}, {"V", ""}});
  sources.params = {{"rate", "5MiB/s"}};
  sources.run = {{"attempt", "3"}, {"date", "2026-11-30"}};
  substitute(*parsed.root, sources, parsed.diagnostics);
  StreamOptions stream;
  read_into(stream, *stream_fields(), *parsed.root, "", parsed.diagnostics);
  CHECK(parsed.said().empty());
  CHECK(stream.limits.lock_timeout == std::chrono::seconds(90));
  CHECK(stream.verify);
  CHECK(stream.max_rejects == 30);
  CHECK(stream.rejects.file == "bad-2026-11-30-${x}.csv");
  CHECK_FALSE(parsed.root->find("verify")->value.tainted);
}

TEST_CASE("Substitution: all that is missing is told at once, at its place", "[documents]") {
  Parsed parsed = parse(
      "a: ${env:SHOP_URL}\nb: [\"x ${file:no/such file}\", '${param:sinse}']\n"
      "${env:KEY}: ${run:id}\nc: ${env:1}\nd: |\n  first\n  ${env:LATER} x\ne: ${env:X\n"
      "f: ${run:day}\n");
  REQUIRE(parsed.root);
  auto sources = sources_of({});
  sources.params = {{"since", "today"}};
  substitute(*parsed.root, sources, parsed.diagnostics);
  CHECK(
      parsed.said() ==
      "a.yaml:1:4: the environment variable SHOP_URL is not set [missing-variable]\n"
      "    1 | a: ${env:SHOP_URL}\n"
      "      |    ^~~~~~~~~~~~~~~\n"
      "   hint: set it, or write ${env:SHOP_URL:-default}\n"
      "a.yaml:2:8: cannot read the file no/such file: No such file or directory [missing-file]\n"
      "    2 | b: [\"x ${file:no/such file}\", '${param:sinse}']\n"
      "      |        ^~~~~~~~~~~~~~~~~~~~\n"
      "a.yaml:2:32: there is no value of the parameter \"sinse\" [missing-parameter]\n"
      "    2 | b: [\"x ${file:no/such file}\", '${param:sinse}']\n"
      "      |                                ^~~~~~~~~~~~~~\n"
      "   hint: did you mean since?\n"
      "a.yaml:3:13: ${run:id} is known only while the document runs [missing-run-value]\n"
      "    3 | ${env:KEY}: ${run:id}\n"
      "      |             ^~~~~~~~~\n"
      "a.yaml:4:4: what stands in ${…} is no variable, file, parameter or value of the run [bad-reference]\n"
      "    4 | c: ${env:1}\n"
      "      |    ^~~~~~~~\n"
      "   hint: write ${env:NAME}, ${env:NAME:-default}, ${file:PATH}, ${param:NAME}, ${run:id}, ${run:date} "
      "or ${run:attempt}; \"${\" as it is, is written $${\n"
      "a.yaml:7:3: the environment variable LATER is not set [missing-variable]\n"
      "    7 |   ${env:LATER} x\n"
      "      |   ^~~~~~~~~~~~\n"
      "   hint: set it, or write ${env:LATER:-default}\n"
      "a.yaml:8:4: a ${ is not closed [bad-reference]\n"
      "    8 | e: ${env:X\n"
      "      |    ^~\n"
      "   hint: write ${env:NAME}, ${env:NAME:-default}, ${file:PATH}, ${param:NAME}, ${run:id}, ${run:date} "
      "or ${run:attempt}; \"${\" as it is, is written $${\n"
      "a.yaml:9:4: what stands in ${…} is no variable, file, parameter or value of the run [bad-reference]\n"
      "    9 | f: ${run:day}\n"
      "      |    ^~~~~~~~~~\n"
      "   hint: write ${env:NAME}, ${env:NAME:-default}, ${file:PATH}, ${param:NAME}, ${run:id}, ${run:date} "
      "or ${run:attempt}; \"${\" as it is, is written $${\n");
  CHECK(parsed.root->entries.at(2).key == "${env:KEY}");
}

TEST_CASE("Substitution: a file is read beside the document, without its last line break", "[documents]") {
  const OwnDirectory directory;
  std::ofstream(directory.path() / "secret") << "two\nlines\r\n";
  std::ofstream(directory.path() / "zero") << std::string("a\0b", 3);
  std::ofstream(directory.path() / "large") << std::string(SourceText::most_bytes + 1, 'x');
  Parsed parsed = parse("a: ${file:secret}\nb: ${file:zero}\nc: ${file:large}\n");
  SubstitutionSources sources;
  sources.directory = directory.path();
  substitute(*parsed.root, sources, parsed.diagnostics);
  CHECK(parsed.root->find("a")->value.text == "two\nlines");
  CHECK(parsed.root->find("a")->value.tainted);
  CHECK(parsed.said() ==
        "a.yaml:2:4: the value has the character U+0000 in it [zero-character]\n"
        "    2 | b: ${file:zero}\n"
        "      |    ^~~~~~~~~~~~\n"
        "a.yaml:3:4: the file large is longer than 1 MiB [missing-file]\n"
        "    3 | c: ${file:large}\n"
        "      |    ^~~~~~~~~~~~~\n");
}

TEST_CASE("Substitution: keys that nobody reads are left alone", "[documents]") {
  Parsed parsed = parse("from: a\nx-note: ${env:NOT_SET}\n");
  const ValueType type = value_types::structure(example_fields());
  substitute(*parsed.root, sources_of({}), parsed.diagnostics, &type);
  CHECK(parsed.said().empty());
}

}  // namespace leat::test
