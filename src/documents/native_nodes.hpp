#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leat/documents/node.hpp"

namespace leat::documents_detail {

/// A text that stands where `at` stands.
[[nodiscard]] inline Node text_node(std::string text, const Place& at) {
  Node node;
  node.place = at;
  node.text = std::move(text);
  node.quoted = true;
  return node;
}

/// A number, true, false or null.
[[nodiscard]] inline Node plain_node(std::string text, const Place& at) {
  Node node = text_node(std::move(text), at);
  node.quoted = false;
  return node;
}

[[nodiscard]] inline Node list_node(std::vector<Node> items, const Place& at) {
  Node node;
  node.kind = NodeKind::sequence;
  node.place = at;
  node.items = std::move(items);
  return node;
}

[[nodiscard]] inline Node mapping_node(const Place& at) {
  Node node;
  node.kind = NodeKind::mapping;
  node.place = at;
  return node;
}

inline void add_entry(Node& mapping, std::string key, Node value) {
  const Place place = value.place;
  mapping.entries.push_back({.key = std::move(key), .key_place = place, .value = std::move(value)});
}

/// {key: value}, at the value's place.
[[nodiscard]] inline Node one_entry(std::string key, Node value) {
  Node mapping = mapping_node(value.place);
  add_entry(mapping, std::move(key), std::move(value));
  return mapping;
}

[[nodiscard]] inline bool is_null(const Node& node) {
  return node.kind == NodeKind::scalar && scalar_type(node) == ScalarType::null;
}

[[nodiscard]] inline bool is_text(const Node& node) {
  return node.kind == NodeKind::scalar && scalar_type(node) == ScalarType::text;
}

/// The value of a key, or null if it is not there or is nothing.
[[nodiscard]] inline const NodeEntry* given(const Node& mapping, std::string_view key) {
  const NodeEntry* const entry = mapping.find(key);
  return entry == nullptr || is_null(entry->value) ? nullptr : entry;
}

}  // namespace leat::documents_detail
