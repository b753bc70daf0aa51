// Documents as text that is read again.
#include "leat/documents/write_document.hpp"

#include <random>
#include <string>

#include "documents/parsed.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

namespace leat::test {
namespace {

Node text_node(std::string text) {
  Node node;
  node.text = std::move(text);
  node.quoted = true;
  return node;
}

/// Trees of texts that are hard to write, of numbers and of what only looks like them.
class RandomNodes {
 public:
  explicit RandomNodes(std::uint32_t seed) : random_(seed) {}

  Node node(int depth) {
    const auto kind = random_() % (depth > 3 ? 2 : 5);
    Node made;
    if (kind < 2) return scalar();
    const auto count = random_() % 5;
    if (kind == 2) {
      made.kind = NodeKind::sequence;
      for (std::size_t i = 0; i < count; ++i) made.items.push_back(node(depth + 1));
      return made;
    }
    made.kind = NodeKind::mapping;
    for (std::size_t i = 0; i < count; ++i) {
      std::string key = random_() % 3 == 0 ? text() : "key " + std::to_string(i);
      if (key.empty() || made.find(key) != nullptr) key = "k" + std::to_string(i);
      made.entries.push_back({.key = std::move(key), .value = node(depth + 1)});
    }
    return made;
  }

 private:
  template <std::size_t count>
  std::string any(const char* const (&values)[count]) {
    return values[random_() % count];
  }

  Node scalar() {
    if (random_() % 3 != 0) return text_node(text());
    Node plain;
    plain.text = any(
        {"", "~", "null", "true", "FALSE", "12", "-3", "0x1F", "1.5", "1e3", ".inf", ".nan", "012", "word"});
    return plain;
  }

  std::string text() {
    if (random_() % 3 == 0) {
      return any({"",
                  "null",
                  "true",
                  "yes",
                  "12",
                  "1.5",
                  "0x1F",
                  "2024-01-01",
                  "12:30",
                  "~",
                  "<<",
                  "-",
                  "- a",
                  "? a",
                  "a: b",
                  "a #b",
                  "#a",
                  "a:",
                  "*a",
                  "&a",
                  "!a",
                  "%a",
                  "@a",
                  "---",
                  "...",
                  "[a]",
                  "{a: b}",
                  "a, b",
                  "'a'",
                  "\"a\"",
                  "it's \"b\"",
                  " a",
                  "a ",
                  "\\n",
                  "${env:A}",
                  "$${a}",
                  "SELECT *\nFROM a\n\n  WHERE b = ':x' -- c\n",
                  "a\n",
                  "a\n\n",
                  "\na",
                  "a\n \nb",
                  "a\n\tb",
                  "a\tb\nc",
                  "a\r\nb",
                  "SELECT id, name FROM users WHERE created_at > :since AND status = 'active' ORDER BY id"});
    }
    std::string made;
    for (auto left = random_() % 12; left > 0; --left) {
      made +=
          any({"a",    "Z",    "7",  " ",      " ",      "\n",     "\t",     ":",          "#",    "-",
               "'",    "\"",   "\\", ",",      "{",      "}",      "[",      "]",          "|",    ">",
               "&",    "*",    "!",  "%",      "@",      "`",      "?",      "$",          "\r",   "\x01",
               "\x7f", "\x1b", "ü",  "\u0085", "\u00a0", "\u2028", "\ufeff", "\U0001F600", "word", "word"});
    }
    return made;
  }

  std::mt19937 random_;
};

bool same(const Node& a, const Node& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == NodeKind::scalar) {
    const ScalarType type = scalar_type(a);
    return type == scalar_type(b) && (a.text == b.text || type == ScalarType::null);
  }
  if (a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key != b.entries[i].key || !same(a.entries[i].value, b.entries[i].value)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("Written document: what is read of it is what was written", "[documents][random]") {
  const RandomRun run(20000, 2000);
  RandomNodes nodes(run.seed());
  for (std::size_t i = 0; i < run.rounds(); ++i) {
    const Node node = nodes.node(0);
    const std::string text = to_yaml(node, {{"", "of all\nwith: two lines"}, {"k0", "above\x01it"}});
    INFO(text);
    Parsed read = parse(text);
    // An empty text alone is no document.
    if (node.kind == NodeKind::scalar) continue;
    INFO(read.said());
    REQUIRE(read.diagnostics.empty());
    REQUIRE(read.root);
    REQUIRE(same(node, *read.root));
  }
}

TEST_CASE("Written document: it reads as people write it", "[documents]") {
  const std::string text = R"yaml(# what it is
leat: 1
name: orders-nightly
params:
  since: {type: timestamptz, default: "2024-01-01"}
  last: {default: "yes"}
# where from
source: shop
loads:
  - sql: |-
      SELECT *
      FROM orders
    to: dwh.orders
    transform:
      filter:
        status: active
        id: {">=": 10, "<": 400}
      select: [id, name]
      transformations:
        - {type: apply, column: name, function: strip}
        - {type: map, column: a, mapping: "[no mapping]"}
      aggregations:
        aggregate: {users: COUNT(*), sum: "round(a, 2)"}
  # the whole table
  - from: public.items
)yaml";
  Parsed read = parse(text);
  REQUIRE(read.root);
  CHECK(to_yaml(*read.root,
                {{"", "what it is"}, {"source", "where from"}, {"loads[1]", "the whole table"}}) == text);
}

TEST_CASE("Written document: a reference is written, and not its value", "[documents]") {
  Parsed read = parse("password: \"${env:A}\"\nlabel: \"$${a}\"\n");
  REQUIRE(read.root);
  for (auto& entry : read.root->entries) entry.value.written = entry.value.text;
  read.root->entries[0].value.text = "geheim";
  read.root->entries[0].value.tainted = true;
  CHECK(to_yaml(*read.root) == "password: ${env:A}\nlabel: $${a}\n");
}

}  // namespace leat::test
