// Takes arbitrary bytes for a document. Whatever they are: it ends, nothing is thrown, what is no document is
// told of, each place is one of the text, and what is told can be printed.
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/target.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::test {
namespace {

void need(bool holds) {
  if (!holds) std::abort();
}

void check_place(const Place& place, const SourceText& source) {
  need(place.source.get() == &source);
  need(place.line <= source.lines());
  if (place.line == 0) return;
  need(place.column > 0 && place.length > 0);
  need(place.column <= source.line(place.line).size() + 1);
}

std::size_t check_node(const Node& node, const SourceText& source, std::size_t depth) {
  need(depth <= DocumentLimits{}.depth + 1);
  check_place(node.place, source);
  need(node.kind == NodeKind::sequence || node.items.empty());
  need(node.kind == NodeKind::mapping || node.entries.empty());
  std::size_t nodes = 1;
  for (const auto& item : node.items) nodes += check_node(item, source, depth + 1);
  for (const auto& entry : node.entries) {
    check_place(entry.key_place, source);
    need(!entry.key.empty() || entry.value.place.line > 0);
    nodes += check_node(entry.value, source, depth + 1);
  }
  return nodes;
}

}  // namespace

void try_input(std::span<const std::byte> input) {
  const auto source = std::make_shared<const SourceText>(
      "fuzz.yaml", std::string(reinterpret_cast<const char*>(input.data()), input.size()));
  Diagnostics diagnostics;
  const auto root = read_document(source, diagnostics);
  need(root || diagnostics.has_error());
  if (root) {
    need(check_node(*root, *source, 1) <= DocumentLimits{}.nodes);
    static_cast<void>(to_json(*root));
  }
  for (const auto& one : diagnostics.in_order()) check_place(one.place, *source);
  need(to_text(diagnostics).empty() == diagnostics.empty());
  static_cast<void>(to_json(diagnostics));
  static_cast<void>(to_sarif(diagnostics));
  static_cast<void>(to_github(diagnostics));
}

std::vector<std::vector<std::byte>> samples() {
  std::vector<std::vector<std::byte>> all;
  for (const std::string_view text : {
           "leat: 1\nname: a-b # c\nloads:\n  - from: public.orders\n    key: [id, 'x''y', \"\\u00e9\\n\"]\n"
           "    where: >-\n      a > 1\n      and b\n    sql: |2\n        SELECT 1\n\n",
           "{\"a\": [1, -2.5e3, true, null, \"x\\/y\\ud83d\\ude00\"], \"b\": {\"c\": {}}}",
           "%YAML 1.2\n---\na: &x !t {b: *x}\n? [k]\n: v\n<<: *x\n\"a\": ~\n...\n",
           "- - - a\n    -\tb\n- ? c\n  : d\n- !<tag:a,b> 'e'\n- &e\n- *e\n",
           "\xEF\xBB\xBFpassword: \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\r\nuri: postgres://u:p@h/d\r\nn: "
           "012\r\n",
       }) {
    const auto bytes = std::as_bytes(std::span(text));
    all.emplace_back(bytes.begin(), bytes.end());
  }
  return all;
}

}  // namespace leat::test
