#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "leat/documents/transform_document.hpp"

namespace leat {
namespace documents_detail {
namespace {

/// A text as JSON.
std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string normal_number(const std::string& text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    std::uint64_t number = 0;
    std::from_chars(text.data() + 2, text.data() + text.size(), number, text[1] == 'x' ? 16 : 8);
    return std::to_string(number);
  }
  const std::string digits = text.starts_with('+') ? text.substr(1) : text;
  // A server's JSON keeps its digits; not so of an exponent, which may be too large for it.
  const bool is_plain =
      digits.find_first_not_of("-.0123456789") == std::string::npos && nlohmann::json::accept(digits);
  return is_plain ? digits : "{\"number\":" + json_string(digits) + "}";
}

/// A list of entries of an object, or the object.
enum class Order {
  none,
  of_entries,
};

std::string joined(const std::vector<std::string>& parts, char begin, char end) {
  std::string all(1, begin);
  for (const auto& part : parts) all += (all.size() > 1 ? "," : "") + part;
  return all + end;
}

std::string normal(const Node& node, Order order = Order::none);

/// Keys stand in the order of their bytes, unless theirs has a meaning: then each is an object of its own.
template <class ValueOf>
std::string mapping(const Node& node, Order order, const ValueOf& value_of) {
  std::vector<const NodeEntry*> entries;
  for (const auto& entry : node.entries) entries.push_back(&entry);
  if (order == Order::none) {
    std::sort(entries.begin(), entries.end(),
              [](const NodeEntry* a, const NodeEntry* b) { return a->key < b->key; });
  }
  std::vector<std::string> parts;
  for (const NodeEntry* const entry : entries) {
    const std::string part = json_string(entry->key) + ":" + value_of(*entry);
    parts.push_back(order == Order::none ? part : "{" + part + "}");
  }
  return order == Order::none ? joined(parts, '{', '}') : joined(parts, '[', ']');
}

template <class ItemOf>
std::string list(const Node& node, const ItemOf& item_of) {
  std::vector<std::string> parts;
  for (const auto& item : node.items) parts.push_back(item_of(item));
  return joined(parts, '[', ']');
}

std::string normal(const Node& node, Order order) {
  if (node.kind == NodeKind::sequence) return list(node, [](const Node& item) { return normal(item); });
  if (node.kind == NodeKind::mapping) {
    return mapping(node, order, [](const NodeEntry& entry) { return normal(entry.value); });
  }
  if (node.substituted) return json_string(node.written);
  switch (scalar_type(node)) {
    case ScalarType::null:
      return "null";
    case ScalarType::boolean:
      return node.text.front() == 't' || node.text.front() == 'T' ? "true" : "false";
    case ScalarType::integer:
    case ScalarType::floating:
      return normal_number(node.text);
    case ScalarType::text:
    case ScalarType::unclear:
      break;
  }
  return json_string(node.text);
}

/// Of a mapping whose value under `key` has an order.
std::string with_ordered(const Node& node, std::string_view key) {
  if (node.kind != NodeKind::mapping) return normal(node);
  return mapping(node, Order::none, [key](const NodeEntry& entry) {
    return normal(entry.value, entry.key == key ? Order::of_entries : Order::none);
  });
}

bool is_of_whole(std::string_view key) {
  return key == "description" || key == "columns" || key == "tests" || key == "place";
}

/// The steps of one transform. Columns that are added see those before them, those of groups stand in the
/// result as they are written, and of values that are the same to a type the first one is meant.
std::string stage(const Node& node) {
  if (node.kind != NodeKind::mapping) return normal(node);
  return mapping(node, Order::none, [](const NodeEntry& entry) {
    if (entry.key == "add_columns") return normal(entry.value, Order::of_entries);
    if (entry.key == "aggregations") return with_ordered(entry.value, "aggregate");
    if (entry.key != "transformations" || entry.value.kind != NodeKind::sequence) return normal(entry.value);
    return list(entry.value, [](const Node& change) { return with_ordered(change, "mapping"); });
  });
}

std::string stages(const Node& node) {
  return node.kind == NodeKind::sequence ? list(node, stage) : "[" + stage(node) + "]";
}

}  // namespace
}  // namespace documents_detail

std::string normal_transform(const Node& document) {
  using namespace documents_detail;
  if (document.kind != NodeKind::mapping) return "{\"steps\":" + stages(document) + "}";
  Node steps = document;
  std::erase_if(steps.entries, [](const NodeEntry& entry) { return is_of_whole(entry.key); });
  Node beside = document;
  std::erase_if(beside.entries, [](const NodeEntry& entry) { return !is_of_whole(entry.key); });
  const NodeEntry* const inner = document.find("steps");
  beside.entries.push_back({.key = "steps"});
  return mapping(beside, Order::none, [&](const NodeEntry& entry) {
    if (entry.key == "steps") return stages(inner != nullptr ? inner->value : steps);
    return normal(entry.value, entry.key == "columns" ? Order::of_entries : Order::none);
  });
}

}  // namespace leat
