#pragma once

#include <optional>
#include <string>

#include "documents/node_reader.hpp"
#include "leat/documents/node.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::documents_detail {

/// A connection of a document, called `name`: a text, or keywords. Nothing, which was told, for one that is
/// none. No value of it is in a message.
[[nodiscard]] std::optional<ResolvedConnection> connection_of(const Node& node, const std::string& name,
                                                              const std::string& path, NodeReader& reader);

}  // namespace leat::documents_detail
