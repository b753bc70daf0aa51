#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat {

/// Transforms as a document has them, and where their texts stand in it. A plain value.
struct LEAT_EXPORT TransformDocument {
  std::vector<TransformStage> stages{};
  /// Of a text or value with origin n, that of the scalar or key it is from: nodes[n]. The first one is that
  /// of the whole.
  std::vector<Node> origins{};

  /// Where a character of a text stands (AdHocQueryOptions::text_places).
  [[nodiscard]] Place place(std::size_t origin, std::size_t character) const;
};

/// Reads the transforms of a node: the steps of one as a mapping (docs/transforms.md), one with the key
/// `sql`, or a list of them. All that is wrong goes to `diagnostics`. Whether there are columns of these
/// names, and what the SQL says, is known to the server alone.
/// @param path of the node in the document: "transform"; empty for the whole.
[[nodiscard]] LEAT_EXPORT TransformDocument read_transforms(const Node& node, const std::string& path,
                                                            Diagnostics& diagnostics);

}  // namespace leat
