#pragma once

#include <string>
#include <vector>

#include "documents/node_reader.hpp"
#include "leat/documents/load_document.hpp"
#include "leat/documents/node.hpp"

namespace leat::documents_detail {

/// `to` of a load: a table, and of many tables a text that makes one of each.
void check_target_name(const Node& node, const std::string& path, const LoadDocument& load,
                       NodeReader& reader);

/// Names that the load's SQL has as `:name` are among `known`.
void check_params(const Node& node, const std::string& path, const LoadDocument& load,
                  const std::vector<std::string>& known, NodeReader& reader);

/// The load's own SQL, as it stands in the document.
[[nodiscard]] std::vector<Node> sql_texts(const Node& load);

/// What stands beside the transform of a table.
void check_transform(const Node& node, const std::string& path, const LoadDocument& load, NodeReader& reader);

/// Whether the loads can be one transaction: of one target, each by one session.
void check_atomic(const Place& place, const std::vector<LoadDocument>& loads, NodeReader& reader);

}  // namespace leat::documents_detail
