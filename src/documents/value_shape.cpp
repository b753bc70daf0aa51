#include "documents/value_shape.hpp"

#include <algorithm>

#include "documents/shown.hpp"

namespace leat::documents_detail {

bool takes_shape(const ValueType& type, NodeKind kind) {
  switch (type.kind) {
    case ValueKind::list:
      return kind == NodeKind::sequence;
    case ValueKind::map:
    case ValueKind::structure:
      return kind == NodeKind::mapping;
    case ValueKind::column_list:
      return kind != NodeKind::mapping;
    case ValueKind::node:
      return true;
    case ValueKind::one_of:
      return std::any_of(type.inner.begin(), type.inner.end(),
                         [kind](const ValueType& shape) { return takes_shape(shape, kind); });
    case ValueKind::text:
    case ValueKind::sql:
    case ValueKind::boolean:
    case ValueKind::whole_number:
    case ValueKind::size:
    case ValueKind::rate:
    case ValueKind::duration:
    case ValueKind::word:
    case ValueKind::table_name:
      break;
  }
  return kind == NodeKind::scalar;
}

const ValueType* type_for(const ValueType& type, NodeKind kind) {
  if (type.kind != ValueKind::one_of) return &type;
  for (const auto& shape : type.inner) {
    if (takes_shape(shape, kind)) return type_for(shape, kind);
  }
  return nullptr;
}

std::string what_stands(const Node& node, bool shows_text) {
  if (node.kind == NodeKind::sequence) return "a list";
  if (node.kind == NodeKind::mapping) return "a mapping";
  switch (scalar_type(node)) {
    case ScalarType::null:
      return "nothing";
    case ScalarType::boolean:
      return shows_text ? node.text : "true or false";
    case ScalarType::integer:
    case ScalarType::floating:
      return shows_text ? "the number " + node.text : "a number";
    case ScalarType::text:
    case ScalarType::unclear:
      break;
  }
  return shows_text ? "the text " + shown(node.text) : "text";
}

bool is_free_key(const std::string& key) {
  return key.starts_with("x-");
}

}  // namespace leat::documents_detail
