#pragma once

#include <string>

#include "leat/documents/node.hpp"
#include "leat/documents/value_type.hpp"

namespace leat::documents_detail {

/// Whether values of a type are written in a node of this kind.
[[nodiscard]] bool takes_shape(const ValueType& type, NodeKind kind);

/// Of one_of the type of the shape that the node has, or null; else the type itself.
[[nodiscard]] const ValueType* type_for(const ValueType& type, NodeKind kind);

/// What stands there, for a message: "a list", "the number 5", `the text "x"`.
[[nodiscard]] std::string what_stands(const Node& node, bool shows_text);

/// Whether a key is the user's own, of which leat knows nothing.
[[nodiscard]] bool is_free_key(const std::string& key);

}  // namespace leat::documents_detail
