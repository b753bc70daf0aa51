// Transforms that a document describes.
#include "leat/documents/transform_document.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "documents/parsed.hpp"
#include "leat/documents/substitution.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

struct Read {
  Parsed parsed{};
  TransformDocument transforms{};
};

Read read(std::string text) {
  Read result{.parsed = parse(std::move(text))};
  REQUIRE(result.parsed.root);
  result.transforms = read_transforms(*result.parsed.root, "", result.parsed.diagnostics);
  return result;
}

std::string told_of(std::string text) {
  return read(std::move(text)).parsed.said();
}

std::string quoted(std::string_view text, char quote) {
  std::string all(1, quote);
  for (const char c : text) {
    all += c;
    if (c == quote) all += c;
  }
  return all + quote;
}

/// As SQL over columns id, name, status, created_at.
CompiledTransform compiled(const TransformDocument& transforms) {
  return compile_transforms(
      SourcedText("users"), transforms.stages,
      {.quote_identifier = [](std::string_view name) { return quoted(name, '"'); },
       .quote_literal = [](std::string_view text) { return quoted(text, '\''); },
       .describe =
           [](const std::string&) {
             return std::vector<QueryColumn>{
                 {"id", "bigint"}, {"name", "text"}, {"status", "text"}, {"created_at", "date"}};
           },
       .places = [&transforms](
                     std::size_t origin,
                     std::size_t character) { return to_text(transforms.place(origin, character)); }});
}

bool has(const CompiledTransform& compiled, const std::string& part) {
  return compiled.sql.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Transform document: every key is read", "[documents]") {
  const Read result = read(R"(
description: users without what is personal
rename: {name: full_name}
filter:
  status: active
  id: {">=": 10, lt: 0x190, not_in: [11, null]}
  any:
    - full_name: {is_not_null: true}
    - not: {created_at: {between: [2024-01-01, '2024-12-31']}}
    - length(full_name) > 2
select: [id, name, status]
add_columns:
  year: extract(year FROM created_at)
  origin: {value: shop}
  weight: -1.5
  is_new: true
  nothing: null
drop_columns: [weight]
transformations:
  - {type: apply, column: full_name, function: strip}
  - {type: apply, column: full_name, function: replace, arguments: [a, b]}
  - {type: map, column: status, mapping: {active: 1, inactive: 0}, otherwise: error}
  - {type: mask, column: origin, how: last, letters: 2}
  - {type: cast, column: year, to: integer}
aggregations:
  group_by: [year, upper(status) AS state]
  aggregate: {users: count(*), longest: max(length(full_name))}
  having: count(*) > 1
cast: {users: integer}
)");
  CHECK(result.parsed.said().empty());
  REQUIRE(result.transforms.stages.size() == 1);
  const auto sql = compiled(result.transforms);
  for (const auto& fault : sql.faults) FAIL_CHECK(fault.message);
  CHECK(has(sql, R"(r."name" AS "full_name")"));
  CHECK(has(sql, R"(r."status" = 'active')"));
  CHECK(has(sql, R"(r."id" >= '10')"));
  CHECK(has(sql, R"(r."id" < '400')"));
  CHECK(has(sql, R"((r."id" IN ('11')) IS NOT TRUE AND r."id" IS NOT NULL)"));
  CHECK(has(sql, R"(r."created_at" BETWEEN '2024-01-01' AND '2024-12-31')"));
  CHECK(has(sql, "length(full_name) > 2"));
  CHECK(has(sql, R"('shop'::pg_catalog.text AS "origin")"));
  CHECK(has(sql, R"(TRUE AS "is_new")"));
  CHECK(has(sql, R"(NULL AS "nothing")"));
  CHECK(has(sql, R"(pg_catalog.replace(r."full_name", 'a', 'b'))"));
  CHECK(has(sql, R"(WHEN r."status" = 'active' THEN 1)"));
  CHECK(has(sql, "GROUP BY 1, 2 HAVING"));
  CHECK(has(sql, R"(AS "state")"));
}

TEST_CASE("Transform document: a list is a chain, and a stage may be SQL", "[documents]") {
  const Read result =
      read("- rename: {name: n}\n- sql: |\n    SELECT n, count(*)\n    FROM input_data\n    GROUP BY 1\n");
  CHECK(result.parsed.said().empty());
  REQUIRE(result.transforms.stages.size() == 2);
  CHECK(std::get<SourcedText>(result.transforms.stages[1]).text ==
        "SELECT n, count(*)\nFROM input_data\nGROUP BY 1\n");
}

TEST_CASE("Transform document: what is wrong is told with its place, all at once", "[documents]") {
  CHECK(told_of("renam: {a: b}\n") ==
        "a.yaml:1:1: the document has no key \"renam\" [unknown-key]\n"
        "    1 | renam: {a: b}\n"
        "      | ^~~~~\n"
        "   hint: did you mean rename?\n");
  CHECK(told_of("select: id\n") ==
        "a.yaml:1:9: select must be a list, not the text \"id\" [wrong-type]\n"
        "    1 | select: id\n"
        "      |         ^~\n"
        "   hint: write it in brackets: [id]\n");
  CHECK(told_of("filter: {id: [1, 2]}\n").find("hint: write {in: […]}") != std::string::npos);
  CHECK(told_of("filter: {id: {=>: 2}}\n").find("the operator \"=>\" is not known") != std::string::npos);
  CHECK(told_of("filter: {id: {is_null: false}}\n") ==
        "a.yaml:1:24: filter.id.is_null must be true, not false [wrong-type]\n"
        "    1 | filter: {id: {is_null: false}}\n"
        "      |                        ^~~~~\n"
        "   hint: write is_not_null: true for the opposite\n");
  CHECK(told_of("filter: {id: null}\n").find("write {is_null: true}") != std::string::npos);
  CHECK(told_of("filter: {id: 012}\n").find("begins with a zero") != std::string::npos);
  CHECK(told_of("filter: [a]\n").find("write all: or any: before a list") != std::string::npos);
  CHECK(told_of("add_columns: {a: {valu: 1}}\n").find("did you mean value?") != std::string::npos);
  CHECK(told_of("add_columns: {a: ''}\n").find("add_columns.a is empty") != std::string::npos);
  CHECK(told_of("transformations: [{type: aply, column: a}]\n").find("did you mean apply?") !=
        std::string::npos);
  CHECK(
      told_of("transformations: [{type: apply, column: a, function: uper}]\n").find("did you mean upper?") !=
      std::string::npos);
  CHECK(
      told_of("transformations: [{type: map, column: a, mapping: {b: c}}]\n").find("otherwise is missing") !=
      std::string::npos);
  CHECK(told_of("transformations: [{type: cast, column: a}]\n").find("to is missing") != std::string::npos);
  CHECK(told_of("sql: SELECT 1\nselect: [a]\n").find("write a list of two transforms") != std::string::npos);
  CHECK(told_of("cast: {a: 5}\n").find("cast.a must be text, not the number 5") != std::string::npos);
  CHECK(told_of("[]\n").find("no transform") != std::string::npos);
  CHECK(told_of("just text\n").find("must be a mapping") != std::string::npos);
  // Three lines, three faults.
  const auto all = told_of("select: id\nrename: [a]\ncast: 5\n");
  CHECK(all.find("a.yaml:1:9:") != std::string::npos);
  CHECK(all.find("a.yaml:2:9:") != std::string::npos);
  CHECK(all.find("a.yaml:3:7:") != std::string::npos);
}

TEST_CASE("Transform document: a salt that stands in it is told and hidden", "[documents]") {
  const auto said = told_of("transformations: [{type: mask, column: a, how: sha256, salt: pepper}]\n");
  CHECK(said.find("stands in the document itself") != std::string::npos);
  CHECK(said.find("pepper") == std::string::npos);
  const auto misspelt = told_of("transformations: [{type: mask, column: a, how: sha256, sallt: pepper}]\n");
  CHECK(misspelt.find("did you mean salt?") != std::string::npos);
  CHECK(misspelt.find("pepper") == std::string::npos);
}

TEST_CASE("Transform document: where transforms run stands beside their steps", "[documents]") {
  const Read steps = read("place: target\nfilter: {id: 1}\n");
  CHECK(steps.parsed.said().empty());
  CHECK(steps.transforms.runs_in == TransformPlace::target);
  REQUIRE(steps.transforms.stages.size() == 1);
  CHECK(std::get<ConfigTransform>(steps.transforms.stages[0]).filter);
  const Read sql = read("{sql: SELECT 1, place: source}");
  CHECK(sql.parsed.said().empty());
  CHECK(sql.transforms.runs_in == TransformPlace::source);
  const Read chain =
      read("description: two\nplace: target\nsteps:\n  - rename: {name: n}\n  - sql: SELECT 1\n");
  CHECK(chain.parsed.said().empty());
  CHECK(chain.transforms.runs_in == TransformPlace::target);
  CHECK(chain.transforms.stages.size() == 2);
  CHECK(read("rename: {name: n}\n").transforms.runs_in == TransformPlace::auto_);
}

TEST_CASE("Transform document: a place that is none, or stands elsewhere, is told", "[documents]") {
  const auto word = told_of("place: traget\nfilter: {id: 1}\n");
  CHECK(word.find("a.yaml:1:8") != std::string::npos);
  CHECK(word.find("target") != std::string::npos);
  CHECK(told_of("place: 1\nfilter: {id: 1}\n").find("a.yaml:1:8") != std::string::npos);
  const auto of_one = told_of("- {sql: SELECT 1}\n- {place: target, filter: {id: 1}}\n");
  CHECK(of_one.find("a.yaml:2:4") != std::string::npos);
  CHECK(of_one.find("steps: [{…}, {…}]") != std::string::npos);
  CHECK(told_of("{place: target, steps: [{sql: SELECT 1, place: target}]}").find("no place of its own") !=
        std::string::npos);
  CHECK(told_of("{steps: [{sql: SELECT 1}], filter: {id: 1}}").find("beside steps there is no filter") !=
        std::string::npos);
  CHECK(told_of("{place: target, steps: []}").find("steps has no transform") != std::string::npos);
  CHECK(told_of("{place: target, steps: {sql: SELECT 1}}").find("steps") != std::string::npos);
  CHECK(told_of("plaec: target\n").find("did you mean place?") != std::string::npos);
}

TEST_CASE("Transform document: a place in a text is a place in the document", "[documents]") {
  const Read result = read(
      "- add_columns: {übel: amount + creatd_at}\n"
      "- sql: |\n"
      "    SELECT id,\n"
      "      nme\n"
      "    FROM input_data\n"
      "- add_columns:\n"
      "    b: 'it''s folded'\n");
  CHECK(result.parsed.said().empty());
  const auto place_of = [&](const std::string& text, std::size_t character) {
    const auto& origins = result.transforms.origins;
    for (std::size_t i = 0; i < origins.size(); ++i) {
      if (origins[i].text.starts_with(text)) return to_text(result.transforms.place(i, character));
    }
    return std::string("none");
  };
  CHECK(place_of("amount", 10) == "a.yaml:1:32");
  CHECK(place_of("SELECT", 1) == "a.yaml:3:5");
  CHECK(place_of("SELECT", 14) == "a.yaml:4:7");
  CHECK(place_of("it's", 6) == "a.yaml:7:8");
  CHECK(to_text(result.transforms.place(999, 1)) == to_text(Place{}));
}

TEST_CASE("Transform document: faults of columns are told at their places", "[documents]") {
  const Read result = read("rename:\n  nam: full_name\ndrop_columns: [gone]\n");
  CHECK(result.parsed.said().empty());
  const auto faults = compiled(result.transforms).faults;
  REQUIRE(faults.size() == 2);
  CHECK(to_text(result.transforms.place(faults[0].origin, 1)) == "a.yaml:2:3");
  CHECK(to_text(result.transforms.place(faults[1].origin, 1)) == "a.yaml:3:16");
}

TEST_CASE("Transform document: values of references are values, and never SQL", "[documents]") {
  Parsed parsed = parse(
      "filter: {name: '${env:WHO}'}\nadd_columns:\n  a: \"'${env:WHO}'\"\n  b: {value: '${env:WHO}'}\n"
      "drop_columns: ['${env:WHO}']\n");
  REQUIRE(parsed.root);
  substitute(*parsed.root,
             {.environment = [](const std::string&) { return std::optional<std::string>("x'); --"); }},
             parsed.diagnostics);
  const auto transforms = read_transforms(*parsed.root, "", parsed.diagnostics);
  const auto said = parsed.said();
  CHECK(said.find("add_columns.a takes no ${…}") != std::string::npos);
  CHECK(said.find("drop_columns[0] takes no ${…}") != std::string::npos);
  CHECK(said.find("x'") == std::string::npos);
  CHECK(parsed.diagnostics.errors() == 2);
  const auto& config = std::get<ConfigTransform>(transforms.stages.at(0));
  CHECK(config.filter->parts.at(0).values.at(0).text == "x'); --");
  CHECK(std::get<LiteralValue>(config.add_columns.at(0).value).text == "x'); --");
}

TEST_CASE("Transform document: another transform is used by its name, with places of its own",
          "[documents]") {
  Parsed parsed =
      parse("steps:\n  - use: clean@3\n  - sql: SELECT nme FROM input_data\n  - use: clean@latest\n");
  REQUIRE(parsed.root);
  std::vector<std::string> asked;
  const TransformSources sources{
      .find =
          [&asked](const std::string& reference) {
            asked.push_back(reference);
            return std::make_shared<const SourceText>("clean@3",
                                                      "rename: {name: full}\nfilter: lenght(full) > 2\n");
          },
  };
  const auto transforms = read_transforms(*parsed.root, "", parsed.diagnostics, sources);
  CHECK(parsed.said().empty());
  CHECK(asked == std::vector<std::string>{"clean@3", "clean@latest"});
  REQUIRE(transforms.stages.size() == 3);
  REQUIRE(transforms.uses.size() == 2);
  CHECK(transforms.uses[1].reference == "clean@latest");
  CHECK(transforms.uses[1].resolved == "clean@3");
  const auto& filter = std::get<ConfigTransform>(transforms.stages[0]).filter;
  CHECK(to_text(transforms.place(filter->sql.origin, 1)) == "clean@3:2:9");
  CHECK(to_text(transforms.place(std::get<SourcedText>(transforms.stages[1]).origin, 8)) == "a.yaml:3:17");
}

TEST_CASE("Transform document: what is wrong with a transform that is used is told there", "[documents]") {
  const auto said = [](const std::string& text,
                       const std::function<std::shared_ptr<const SourceText>(const std::string&)>& find) {
    Parsed parsed = parse(text);
    static_cast<void>(read_transforms(*parsed.root, "", parsed.diagnostics, {.find = find}));
    return parsed.said();
  };
  CHECK(said("use: clean\n", [](const std::string&) {
          return std::make_shared<const SourceText>("clean@3", "renam: {a: b}\n");
        }).find("clean@3:1:1: the document has no key \"renam\"") == 0);
  CHECK(said("use: clean\n", [](const std::string&) -> std::shared_ptr<const SourceText> {
          throw Error(ErrorKind::config, "there is no transform \"clean\"", {.hint = "register it"});
        }).find("a.yaml:1:6: there is no transform \"clean\" [unknown-transform]") == 0);
  // What a version uses never changes.
  CHECK(said("use: clean@1\n", [](const std::string& reference) {
          return std::make_shared<const SourceText>(reference, "use: other@latest\n");
        }).find("clean@1:1:6: a registered transform uses a version") == 0);
  CHECK(said("use: loop@1\n", [](const std::string& reference) {
          return std::make_shared<const SourceText>(reference, "use: loop@1\n");
        }).find("too many transforms use each other") != std::string::npos);
  CHECK(said("use: clean\n", nullptr).find("no registry of transforms is known here") != std::string::npos);
  CHECK(said("use: clean\nselect: [a]\n", nullptr).find("beside use there is no select") !=
        std::string::npos);
  // Not looked for now: the name is known.
  Parsed later = parse("[{use: clean@7}, {select: [a]}]\n");
  const auto transforms = read_transforms(*later.root, "", later.diagnostics,
                                          {.find = [](const std::string&) { return nullptr; }});
  CHECK(later.said().empty());
  CHECK(transforms.stages.size() == 1);
  CHECK(transforms.uses.at(0).reference == "clean@7");
  CHECK(transforms.uses.at(0).resolved.empty());
}

TEST_CASE("Transform document: columns and tests stand beside the steps", "[documents]") {
  const Read result = read(R"(
description: names in capitals
columns: {id: bigint, name: varchar(10)}
add_columns: {full: upper(name)}
tests:
  - name: capitals
    input: [{id: 1, name: Ann}, {id: 0x10}]
    expect: [{id: 1, full: ANN}, {id: 16, full: null}]
)");
  CHECK(result.parsed.said().empty());
  CHECK(result.transforms.stages.size() == 1);
  CHECK(result.transforms.description == "names in capitals");
  REQUIRE(result.transforms.columns.size() == 2);
  CHECK(result.transforms.columns[1].second.text == "varchar(10)");
  REQUIRE(result.transforms.tests.size() == 1);
  const auto& test = result.transforms.tests[0];
  CHECK(test.name == "capitals");
  CHECK(to_text(test.place) == "a.yaml:6:5");
  REQUIRE(test.input.size() == 2);
  CHECK(test.input[1].values.at(0).second.text == "16");
  CHECK(test.expect.at(1).values.at(1).second.kind == LiteralValue::Kind::null);
  CHECK(told_of("tests: [{name: a, input: [], expect: []}, {name: a, input: [], expect: []}]\n")
            .find("two tests are called \"a\"") != std::string::npos);
  CHECK(told_of("tests: [{name: a, inptu: [], expect: []}]\n").find("did you mean input?") !=
        std::string::npos);
  CHECK(told_of("tests: [{name: a, input: [1], expect: []}]\n").find("write its columns with their values") !=
        std::string::npos);
  CHECK(told_of("tests: [{name: a, input: [{x: [1]}], expect: []}]\n").find("'{1,2}' is an array") !=
        std::string::npos);
  CHECK(told_of("- select: [a]\n  tests: []\n").find("write it beside the chain: {steps: […], tests: …}") !=
        std::string::npos);
  CHECK(told_of("steps: []\nselect: [a]\n").find("beside steps there is no select") != std::string::npos);
  CHECK(told_of("test: []\n").find("did you mean tests?") != std::string::npos);
}

TEST_CASE("Transform document: its normal form tells what it says, and not how it is written",
          "[documents]") {
  const auto normal = [](std::string text) { return normal_transform(*parse(std::move(text)).root); };
  const std::string one = normal("select: [id, name]\nfilter: {status: active, id: 0x10}\n");
  CHECK(one == R"({"steps":[{"filter":{"id":16,"status":"active"},"select":["id","name"]}]})");
  CHECK(normal("# a comment\nfilter:\n  id: +16\n  status: 'active'\nselect:\n- id\n- \"name\"\n") == one);
  CHECK(normal("{\"steps\": [{\"select\": [\"id\", \"name\"], \"filter\": {\"status\": \"active\", "
               "\"id\": 16}}]}") == one);
  CHECK(normal("select: [name, id]\nfilter: {status: active, id: 0x10}\n") != one);
  CHECK(normal("select: [id, name]\nfilter: {status: active, id: '16'}\n") != one);
  // Columns that are added see those before them; the order of tests' values has no meaning.
  CHECK(normal("add_columns: {a: 1, b: a + 1}\n") != normal("add_columns: {b: a + 1, a: 1}\n"));
  CHECK(normal("aggregations: {aggregate: {a: count(*), b: sum(x)}}\n") !=
        normal("aggregations: {aggregate: {b: sum(x), a: count(*)}}\n"));
  CHECK(normal("sql: SELECT 1\ntests: [{name: t, input: [{a: 1, b: 2}], expect: []}]\n") ==
        normal("tests: [{expect: [], input: [{b: 2, a: 1}], name: t}]\nsql: SELECT 1\n"));
  CHECK(normal("columns: {a: int, b: text}\nsql: SELECT 1\n") ==
        R"({"columns":[{"a":"int"},{"b":"text"}],"steps":[{"sql":"SELECT 1"}]})");
  CHECK(normal("add_columns: {a: 1.50, b: 1e5, c: .inf}\n") ==
        R"({"steps":[{"add_columns":[{"a":1.50},{"b":{"number":"1e5"}},{"c":{"number":".inf"}}]}]})");
  // A reference is what is written, whatever it stands for.
  Parsed parsed = parse("filter: {name: '${env:WHO}'}\n");
  const std::string before = normal_transform(*parsed.root);
  substitute(*parsed.root,
             {.environment = [](const std::string&) { return std::optional<std::string>("secret"); }},
             parsed.diagnostics);
  CHECK(normal_transform(*parsed.root) == before);
  CHECK(before == R"({"steps":[{"filter":{"name":"${env:WHO}"}}]})");
}

}  // namespace leat::test
