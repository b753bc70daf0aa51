#pragma once

#include <functional>
#include <optional>
#include <string>

#include "documents/node_reader.hpp"
#include "leat/transform/sql/config_transform.hpp"

namespace leat::documents_detail {

/// Gives a node of the document a number (SourcedText::origin).
using OriginOf = std::function<std::size_t(const Node&)>;

/// A key as a node, for its place.
[[nodiscard]] Node key_node(const NodeEntry& entry);

/// A text that is not empty; nothing, which was told, for anything else.
[[nodiscard]] std::optional<SourcedText> text_of(const Node& node, const std::string& path,
                                                 NodeReader& reader, const OriginOf& origin);

/// A scalar as a value; nothing, which was told, for one that is none.
[[nodiscard]] std::optional<LiteralValue> literal_of(const Node& node, const std::string& path,
                                                     NodeReader& reader, const OriginOf& origin);

/// A filter: SQL, or conditions on columns.
[[nodiscard]] FilterCondition filter_of(const Node& node, const std::string& path, NodeReader& reader,
                                        const OriginOf& origin);

}  // namespace leat::documents_detail
