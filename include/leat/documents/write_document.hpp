#pragma once

#include <map>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/documents/node.hpp"

namespace leat {

/// What stands as a comment above an entry or item of a document, by its path (path_of_key(),
/// path_of_item()); that of "" stands above the whole. Each line of it becomes a line.
using DocumentComments = std::map<std::string, std::string>;

/// The node as a document of YAML that people read: short lists and mappings on one line, long texts and
/// those of several lines as blocks, quotes where they are needed. read_document() reads the same from it:
/// values with their types, in their order, without places. What came from a reference is written as the
/// reference. Keys have at most 1,000 characters. Ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_yaml(const Node& node, const DocumentComments& comments = {});

}  // namespace leat
