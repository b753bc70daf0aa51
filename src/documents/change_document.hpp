#pragma once

#include <optional>
#include <string>

#include "documents/filter_document.hpp"
#include "documents/node_reader.hpp"
#include "leat/transform/sql/config_transform.hpp"

namespace leat::documents_detail {

/// What is done to a column's values: {type: map, column: …, …}. Nothing, which was told, if it is wrong.
[[nodiscard]] std::optional<ColumnChange> change_of(const Node& node, const std::string& path,
                                                    NodeReader& reader, const OriginOf& origin);

}  // namespace leat::documents_detail
