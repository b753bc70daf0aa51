#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"

namespace leat {

/// What documents may have at most, beside SourceText::most_bytes.
struct DocumentLimits {
  std::size_t nodes = 100'000;  ///< scalars, sequences and mappings, each alias counted as what it stands for
  std::size_t depth = 64;       ///< sequences and mappings in one another
};

/// Whether this leat reads documents. If not, read_document() says what it was built without.
[[nodiscard]] LEAT_EXPORT bool reads_documents() noexcept;

/// Reads a document of YAML 1.2 or JSON. There is one document in a text; keys are text, and none is there
/// twice; there are no tags and no merge keys. Whatever the text is, all that is wrong goes to `diagnostics`.
/// @returns nothing if the text is no document. What could be read otherwise, also if some of it is wrong.
[[nodiscard]] LEAT_EXPORT std::optional<Node> read_document(const std::shared_ptr<const SourceText>& source,
                                                            Diagnostics& diagnostics,
                                                            DocumentLimits limits = {});

/// The path of an entry: "limits.lock_timeout", or `labels["a b"]` for a key that is no word.
[[nodiscard]] LEAT_EXPORT std::string path_of_key(std::string_view path, std::string_view key);

/// The path of an item: "loads[2]", counted from zero.
[[nodiscard]] LEAT_EXPORT std::string path_of_item(std::string_view path, std::size_t index);

}  // namespace leat
