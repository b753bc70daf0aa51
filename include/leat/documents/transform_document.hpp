#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/substitution.hpp"
#include "leat/transform/sql/compiled_transform.hpp"
#include "leat/transform/sql/transform_place.hpp"

namespace leat {

/// A row of a test: columns with a value each. Those that are not named are NULL.
struct TransformTestRow {
  Place place{};
  std::vector<std::pair<SourcedText, LiteralValue>> values{};
};

/// A test of a transform: what it makes of these rows.
struct TransformTestCase {
  std::string name{};
  Place place{};
  std::vector<TransformTestRow> input{};
  /// In any order. Columns that none of them names are not looked at.
  std::vector<TransformTestRow> expect{};
};

/// A stage that another transform is, which is kept somewhere by its name.
struct TransformUse {
  std::string reference{};  ///< as written: "clean_orders@latest"
  std::string resolved{};   ///< what it was: "clean_orders@3"; empty if it was not looked for
  Place place{};
};

/// Transforms as a document has them, and where their texts stand in it. A plain value.
struct LEAT_EXPORT TransformDocument {
  std::vector<TransformStage> stages{};
  /// Where all of them run (AdHocQueryOptions::place).
  TransformPlace runs_in = TransformPlace::auto_;
  /// Of a text or value with origin n, that of the scalar or key it is from: nodes[n]. The first one is that
  /// of the whole.
  std::vector<Node> origins{};
  std::string description{};
  /// `columns`: what it reads, with types as in SQL. Empty: not said.
  std::vector<std::pair<SourcedText, SourcedText>> columns{};
  std::vector<TransformTestCase> tests{};
  /// Each `use`, also those of transforms that are used.
  std::vector<TransformUse> uses{};

  /// Where a character of a text stands (AdHocQueryOptions::text_places).
  [[nodiscard]] Place place(std::size_t origin, std::size_t character) const;
};

/// What `use` stands for, and the references in its text.
struct TransformSources {
  /// The text of a transform; its name() is that of the version, "clean_orders@3", with which messages tell
  /// their places. Null: that is not looked for now, and the stage is left out. Where there is no such
  /// function, `use` is a fault.
  /// @throws Error (config) that becomes a fault of the document; all others pass.
  std::function<std::shared_ptr<const SourceText>(const std::string& reference)> find{};
  /// For ${…} in that text; the document's own were put in before.
  SubstitutionSources references{};
};

/// Reads the transforms of a node: the steps of one as a mapping (docs/transforms.md), one with the key
/// `sql` or `use`, or a list of them, which may stand under the key `steps`. Beside the steps of the whole,
/// or `steps`, may stand `place`, `columns` and `tests`. All that is wrong goes to
/// `diagnostics`. Whether there are columns of these names, and what the SQL says, is known to the server
/// alone.
/// @param path of the node in the document: "transform"; empty for the whole.
[[nodiscard]] LEAT_EXPORT TransformDocument read_transforms(const Node& node, const std::string& path,
                                                            Diagnostics& diagnostics,
                                                            const TransformSources& sources = {});

/// The document of a transform as JSON in which nothing is left to its layout: the same for documents that
/// say the same in the same order, where order has a meaning. References stand there as they are written.
[[nodiscard]] LEAT_EXPORT std::string normal_transform(const Node& document);

}  // namespace leat
