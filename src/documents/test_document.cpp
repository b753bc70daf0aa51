#include "documents/test_document.hpp"

#include <algorithm>
#include <utility>

#include "documents/shown.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {
namespace {

class TestReader {
 public:
  TestReader(NodeReader& reader, const OriginOf& origin) : reader_(reader), origin_(origin) {}

  std::vector<TransformTestCase> all(const Node& node, const std::string& path) {
    std::vector<TransformTestCase> cases;
    if (!reader_.require_list(node, path)) return cases;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto one = test(node.items[i], path_of_item(path, i));
      const auto same = std::find_if(cases.begin(), cases.end(), [&one](const TransformTestCase& other) {
        return !one.name.empty() && other.name == one.name;
      });
      if (same != cases.end()) {
        reader_.fault(one.place, path_of_item(path, i), "duplicate-name",
                      "two tests are called " + shown(one.name),
                      "give one of them another name: the other one is at " + to_text(same->place));
      }
      cases.push_back(std::move(one));
    }
    return cases;
  }

 private:
  TransformTestCase test(const Node& node, const std::string& path) {
    TransformTestCase test{.place = node.place};
    if (!reader_.require_mapping(node, path)) return test;
    reader_.check_keys(node, path, {"name", "input", "expect"});
    if (const Node* const name = reader_.required(node, path, "name")) {
      if (reader_.require_text(*name, path_of_key(path, "name"))) test.name = name->text;
    }
    if (const Node* const input = reader_.required(node, path, "input")) {
      test.input = rows(*input, path_of_key(path, "input"));
    }
    if (const Node* const expect = reader_.required(node, path, "expect")) {
      test.expect = rows(*expect, path_of_key(path, "expect"));
    }
    return test;
  }

  std::vector<TransformTestRow> rows(const Node& node, const std::string& path) {
    std::vector<TransformTestRow> rows;
    if (!reader_.require_list(node, path)) return rows;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      rows.push_back(row(node.items[i], path_of_item(path, i)));
    }
    return rows;
  }

  TransformTestRow row(const Node& node, const std::string& path) {
    TransformTestRow row{.place = node.place};
    if (node.kind != NodeKind::mapping) {
      reader_.wrong_type(node, path, "a row", "write its columns with their values: {id: 1, name: Ann}");
      return row;
    }
    for (const auto& entry : node.entries) {
      const std::string inner = path_of_key(path, entry.key);
      if (entry.value.kind != NodeKind::scalar) {
        reader_.wrong_type(entry.value, inner, "a value",
                           "write it as the server reads it as text, in quotes: '{1,2}' is an array");
        continue;
      }
      if (auto value = literal_of(entry.value, inner, reader_, origin_)) {
        row.values.emplace_back(SourcedText(entry.key, origin_(key_node(entry))), std::move(*value));
      }
    }
    return row;
  }

  NodeReader& reader_;
  const OriginOf& origin_;
};

}  // namespace

std::vector<TransformTestCase> tests_of(const Node& node, const std::string& path, NodeReader& reader,
                                        const OriginOf& origin) {
  return TestReader(reader, origin).all(node, path);
}

}  // namespace leat::documents_detail
