#pragma once

#include <string>
#include <vector>

#include "documents/filter_document.hpp"
#include "leat/documents/transform_document.hpp"

namespace leat::documents_detail {

/// `tests` of a transform.
[[nodiscard]] std::vector<TransformTestCase> tests_of(const Node& node, const std::string& path,
                                                      NodeReader& reader, const OriginOf& origin);

}  // namespace leat::documents_detail
