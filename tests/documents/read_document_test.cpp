#include <string>

#include "documents/parsed.hpp"
#include "support/catch.hpp"

namespace leat::test {
namespace {

/// What is said of a document, of which nothing was read.
std::string refusal(std::string text) {
  const Parsed parsed = parse(std::move(text));
  CHECK_FALSE(parsed.root);
  return parsed.said();
}

/// What is said of a document that could be read otherwise.
std::string complaint(std::string text) {
  const Parsed parsed = parse(std::move(text));
  CHECK(parsed.root);
  return parsed.said();
}

const Node& at(const Node& node, std::string_view key) {
  const NodeEntry* entry = node.find(key);
  REQUIRE(entry != nullptr);
  return entry->value;
}

std::string where(const Place& place) {
  return std::to_string(place.line) + ":" + std::to_string(place.column) + "+" + std::to_string(place.length);
}

}  // namespace

TEST_CASE("Documents: YAML becomes nodes that know their places", "[documents]") {
  const Parsed parsed = parse(
      "name: größe   # of shoes\n"
      "loads:\n"
      "  - from: 'public.orders'\n"
      "    key: [id, \"né\"]\n"
      "  - sql: |\n"
      "      SELECT 1\n"
      "empty:\n");
  REQUIRE(parsed.root);
  CHECK(parsed.said().empty());
  const Node& root = *parsed.root;
  CHECK(root.entries[0].key == "name");
  CHECK(where(root.entries[0].key_place) == "1:1+4");
  CHECK(at(root, "name").text == "größe");
  CHECK(where(at(root, "name").place) == "1:7+5");
  const Node& first = at(root, "loads").items.at(0);
  CHECK(at(first, "from").text == "public.orders");
  CHECK(at(first, "from").quoted);
  CHECK(where(at(first, "from").place) == "3:11+15");
  CHECK(where(at(first, "key").items.at(1).place) == "4:15+4");
  const Node& sql = at(at(root, "loads").items.at(1), "sql");
  CHECK(sql.text == "SELECT 1\n");
  CHECK(where(sql.place) == "5:10+1");
  CHECK(where(at(root, "empty").place) == "7:1+5");
  CHECK(scalar_type(at(root, "empty")) == ScalarType::null);
}

TEST_CASE("Documents: JSON is read as it is, with the same places", "[documents]") {
  const Parsed parsed = parse(
      "{\r\n\t\"a\": [1, -2.5e3, true, null, \"x\\/y\\u00e9\\ud83d\\ude00z\"],\r\n\t\"b\": {\"c\": "
      "\"2\"}\r\n}\r\n");
  INFO(parsed.said());
  REQUIRE(parsed.root);
  CHECK(parsed.said().empty());
  CHECK(to_json(*parsed.root) ==
        "{\n  \"a\": [\n    1,\n    -2500.0,\n    true,\n    null,\n    \"x/yé😀z\"\n  ],\n  \"b\": {\n    "
        "\"c\": "
        "\"2\"\n  }\n}");
  CHECK(where(at(at(*parsed.root, "b"), "c").place) == "3:13+3");
}

TEST_CASE("Documents: scalars are those of YAML 1.2", "[documents]") {
  const Parsed parsed = parse(
      "text: [yes, on, no, off, Y, 1_000, 0b1, 1:30, 12e, '12', \"true\", '', |-\n  12\n ]\n"
      "true_: [true, True, TRUE]\nnull_: [null, ~, NULL]\n"
      "integer: [12, -3, +4, 0, 0o17, 0x1F]\nfloating: [1.5, .5, 1., 1e3, -1E-3, .inf, -.INF, .nan]\n"
      "unclear: [012, -007, 00]\n");
  // A block does not stand within brackets.
  CHECK_FALSE(parsed.root);
  const Parsed again = parse(
      "text: [yes, on, no, off, Y, 1_000, 0b1, 1:30, 12e, '12', \"true\", '', 0x, 0o8, '.', 1e, tRue]\n"
      "true_: [true, True, TRUE]\nnull_: [null, ~, NULL]\n"
      "integer: [12, -3, +4, 0, 0o17, 0x1F]\nfloating: [1.5, .5, 1., 1e3, -1E-3, .inf, -.INF, .nan]\n"
      "unclear: [012, -007, 00]\n");
  INFO(again.said());
  REQUIRE(again.root);
  const auto all_are = [&](std::string_view key, ScalarType type) {
    for (const auto& item : at(*again.root, key).items) {
      INFO(item.text);
      CHECK(scalar_type(item) == type);
    }
  };
  all_are("text", ScalarType::text);
  all_are("true_", ScalarType::boolean);
  all_are("null_", ScalarType::null);
  all_are("integer", ScalarType::integer);
  all_are("floating", ScalarType::floating);
  all_are("unclear", ScalarType::unclear);
}

TEST_CASE("Documents: a key that is there twice is told with both places", "[documents]") {
  CHECK(complaint("mode: append\nkey: [id]\n\"mode\": replace\n") ==
        "a.yaml:3:1: the key \"mode\" is there twice: also in line 1, column 1 [duplicate-key]\n"
        "    3 | \"mode\": replace\n"
        "      | ^~~~~~\n"
        "   hint: take one of them out\n");
}

TEST_CASE("Documents: all that is wrong is told at once, in order", "[documents]") {
  CHECK(complaint("a: !!str 12\n<<: {b: 1}\n? [x]\n: y\nb: {c: 1, c: 2}\n") ==
        "a.yaml:1:4: tags are not read: \"tag:yaml.org,2002:str\" [tag]\n"
        "    1 | a: !!str 12\n"
        "      |    ^\n"
        "   hint: a text that looks like a number is written in quotes; a text that begins with ! is, too\n"
        "a.yaml:2:1: merge keys (<<) are no part of YAML 1.2, and are not read [merge-key]\n"
        "    2 | <<: {b: 1}\n"
        "      | ^~\n"
        "   hint: write the keys themselves, or what is common to all under defaults\n"
        "a.yaml:3:3: a key must be text [bad-key]\n"
        "    3 | ? [x]\n"
        "      |   ^\n"
        "   hint: lists and mappings in [] or {} stand behind a colon\n"
        "a.yaml:5:11: the key \"c\" is there twice: also in line 5, column 5 [duplicate-key]\n"
        "    5 | b: {c: 1, c: 2}\n"
        "      |           ^\n"
        "   hint: take one of them out\n");
  CHECK(complaint("a: ! 12\n") ==
        "a.yaml:1:4: tags are not read: \"!\" [tag]\n"
        "    1 | a: ! 12\n"
        "      |    ^\n"
        "   hint: a text that looks like a number is written in quotes; a text that begins with ! is, too\n");
}

TEST_CASE("Documents: anchors stand for what they name, within bounds", "[documents]") {
  const Parsed parsed = parse("base: &b {x: [1, 2]}\nother: *b\n");
  REQUIRE(parsed.root);
  CHECK(at(at(*parsed.root, "other"), "x").items.size() == 2);
  CHECK(where(at(at(*parsed.root, "other"), "x").place) == "1:14+1");

  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) laughs += (j > 0 ? ", " : "") + before;
    laughs += "]\n";
  }
  CHECK(refusal(laughs) ==
        "a.yaml:1:22: the document has more than 100000 values, with all that aliases stand for "
        "[too-many-nodes]\n"
        "    1 | a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        "      |                      ^\n");
  CHECK(complaint("a: &a [1, *a]\n") ==
        "a.yaml:1:11: this alias stands within what it stands for [alias-of-itself]\n"
        "    1 | a: &a [1, *a]\n"
        "      |           ^~\n");
  CHECK(refusal("a: *b\n") ==
        "a.yaml:1:4: no anchor of that name stands before this alias [syntax]\n"
        "    1 | a: *b\n"
        "      |    ^\n"
        "   hint: text that has such signs in it is written in quotes\n");
}

TEST_CASE("Documents: a document has bounds", "[documents]") {
  CHECK(refusal(std::string(65, '[') + std::string(65, ']')) ==
        "a.yaml:1:65: lists and mappings are more than 64 deep in one another [too-deep]\n"
        "    1 | " +
            std::string(65, '[') + std::string(65, ']') + "\n      | " + std::string(64, ' ') + "^\n");
  CHECK(parse(std::string(64, '[') + std::string(64, ']')).root);
  CHECK(refusal(std::string(SourceText::most_bytes + 1, '#')) ==
        "a.yaml: the document is longer than 1.0 MiB, which is the most [too-large]\n");
  CHECK(refusal("a: 1\n---\nb: 2\n") ==
        "a.yaml:2:1: a second document begins here, and a file has one [several-documents]\n"
        "    2 | ---\n"
        "      | ^\n"
        "   hint: make a file of each\n");
  CHECK(refusal("# nothing\n") == "a.yaml: the document is empty [empty]\n");
  CHECK(refusal("") == "a.yaml: the document is empty [empty]\n");
  // A mark of the end, and of the beginning, is none of another document.
  CHECK(parse("%YAML 1.2\n---\na: 1\n...\n").said().empty());
  CHECK(parse("\xEF\xBB\xBF"
              "a: 1\n")
            .root->entries.at(0)
            .key == "a");
}

TEST_CASE("Documents: what is no text is told", "[documents]") {
  CHECK(refusal("a: b\nc: \"\xFF\"\n") ==
        "a.yaml:2:5: the byte 0xFF is no text of UTF-8, in which documents are written [not-utf8]\n"
        "    2 | c: \"?\"\n"
        "      |     ^\n"
        "   hint: save the file as UTF-8\n");
  CHECK(refusal("a: é\x01\n") ==
        "a.yaml:1:5: the character U+0001 may not stand in a document [control-character]\n"
        "    1 | a: é?\n"
        "      |     ^\n"
        "   hint: in double quotes it is written as \\u0001\n");
  CHECK(complaint("a: \"x\\u0000\"\n") ==
        "a.yaml:1:4: a text may not have the character U+0000 in it [zero-character]\n"
        "    1 | a: \"x\\u0000\"\n"
        "      |    ^~~~~~~~~\n");
}

TEST_CASE("Documents: malformed YAML is told at its place, in words", "[documents]") {
  CHECK(
      refusal("a: b: c\n") ==
      "a.yaml:1:5: a colon may not stand here [syntax]\n"
      "    1 | a: b: c\n"
      "      |     ^\n"
      "   hint: text with \": \" in it is written in quotes; else look at how far this line and those above "
      "are indented\n");
  CHECK(refusal("a:\n  b: 1\n\tc: 2\n") ==
        "a.yaml:3:1: a tab indents this line [syntax]\n"
        "    3 |  c: 2\n"
        "      | ^\n"
        "   hint: indent by spaces\n");
  CHECK(refusal("a: [1, 2\nb: 3\n") ==
        "a.yaml:2:2: a list that begins with [ is not closed, and it begins in line 1 [syntax]\n"
        "    2 | b: 3\n"
        "      |  ^\n"
        "   hint: a comma or ] is missing before this place\n");
  CHECK(refusal("a: {b: 1\n") ==
        "a.yaml:1:4: a mapping that begins with { is not closed [syntax]\n"
        "    1 | a: {b: 1\n"
        "      |    ^\n");
  CHECK(refusal("a: 1\nb: \"two\nc: 3\n") ==
        "a.yaml:2:4: text in quotes is not closed [syntax]\n"
        "    2 | b: \"two\n"
        "      |    ^\n");
  CHECK(refusal("a: @b\n") ==
        "a.yaml:1:4: a value may not begin with this character [syntax]\n"
        "    1 | a: @b\n"
        "      |    ^\n"
        "   hint: text that has such signs in it is written in quotes\n");
  CHECK(refusal("a: \"C:\\data\"\n") ==
        "a.yaml:1:9: there is no such escape in double quotes [syntax]\n"
        "    1 | a: \"C:\\data\"\n"
        "      |         ^\n"
        "   hint: write \\\\ for a backslash, or the text in single quotes\n");
}

}  // namespace leat::test
