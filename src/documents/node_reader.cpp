#include "documents/node_reader.hpp"

#include <algorithm>
#include <utility>

#include "documents/shown.hpp"
#include "documents/value_shape.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {
namespace {

std::string said_of(const std::string& path) {
  return path.empty() ? "the document" : path;
}

}  // namespace

void NodeReader::fault(const Place& place, const std::string& path, const std::string& code,
                       std::string message, std::string hint) {
  diagnostics_.add(
      {.place = place, .path = path, .code = code, .message = std::move(message), .hint = std::move(hint)});
}

void NodeReader::wrong_type(const Node& node, const std::string& path, const std::string& expected,
                            std::string hint) {
  fault(node.place, path, "wrong-type",
        said_of(path) + " must be " + expected + ", not " + what_stands(node, !node.tainted),
        std::move(hint));
}

void NodeReader::unknown_key(const NodeEntry& entry, const std::string& path,
                             const std::vector<std::string>& known) {
  const std::string near = detail::nearest(entry.key, known);
  fault(entry.key_place, path_of_key(path, entry.key), "unknown-key",
        said_of(path) + " has no key " + shown(entry.key),
        near.empty() ? "known keys are " + detail::any_of(known) : "did you mean " + near + "?");
}

void NodeReader::check_keys(const Node& mapping, const std::string& path,
                            const std::vector<std::string>& known) {
  for (const auto& entry : mapping.entries) {
    if (is_free_key(entry.key) || std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    // It may be a secret under a name that is not quite right.
    if (std::find(known.begin(), known.end(), "salt") != known.end()) diagnostics_.hide(entry.value.place);
    unknown_key(entry, path, known);
  }
}

void NodeReader::secret_in_document(const Node& node, const std::string& path) {
  if (node.kind != NodeKind::scalar || node.substituted || node.text.empty()) return;
  diagnostics_.hide(node.place);
  diagnostics_.add({.place = node.place,
                    .path = path,
                    .code = "secret-in-document",
                    .severity = Severity::warning,
                    .message = path + " stands in the document itself",
                    .hint = "write ${env:NAME} or ${file:PATH}"});
}

void NodeReader::unknown_word(const Place& place, const std::string& path, const std::string& what,
                              const std::string& word, const std::vector<std::string>& known) {
  const std::string near = detail::nearest(word, known);
  fault(place, path, "unknown-word", what + " " + shown(word) + " is not known",
        near.empty() ? "write " + detail::any_of(known) : "did you mean " + near + "?");
}

bool NodeReader::require_mapping(const Node& node, const std::string& path) {
  if (node.kind == NodeKind::mapping) return true;
  wrong_type(node, path, "a mapping");
  return false;
}

bool NodeReader::require_list(const Node& node, const std::string& path) {
  if (node.kind == NodeKind::sequence) return true;
  wrong_type(
      node, path, "a list",
      node.kind == NodeKind::scalar && !node.tainted ? "write it in brackets: [" + node.text + "]" : "");
  return false;
}

bool NodeReader::require_text(const Node& node, const std::string& path) {
  if (node.kind == NodeKind::scalar && scalar_type(node) == ScalarType::text) return true;
  if (node.kind == NodeKind::scalar && scalar_type(node) != ScalarType::null && !node.tainted) {
    wrong_type(node, path, "text", "write it in quotes: \"" + node.text + "\"");
  } else {
    wrong_type(node, path, "text");
  }
  return false;
}

const Node* NodeReader::required(const Node& mapping, const std::string& path, const std::string& key) {
  const NodeEntry* const entry = mapping.find(key);
  if (entry != nullptr) return &entry->value;
  fault(mapping.place, path, "missing-key", path_of_key(path, key) + " is missing");
  return nullptr;
}

}  // namespace leat::documents_detail
