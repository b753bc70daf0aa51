#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/documents/diagnostic.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::documents_detail {

/// A step of a document, as it stands there.
struct YamlEvent {
  enum class Kind { scalar, alias, sequence, mapping, end };
  Kind kind = Kind::end;
  std::size_t offset = 0;  ///< of its first byte in the document: of an anchor or tag, if it has one
  std::string text{};      ///< of a scalar
  std::string tag{};       ///< if one is written
  bool quoted = false;
  bool flow = false;       ///< of a sequence or mapping: in [] or {}
  std::size_t anchor = 0;  ///< its own, or that of an alias; zero: none
};

/// Where the content of what begins at `offset` begins: behind its anchor and tag.
[[nodiscard]] std::size_t content_offset(std::string_view text, std::size_t offset);

/// How many bytes of the document a scalar has, from its content on; of a block its sign alone.
[[nodiscard]] std::size_t scalar_length(std::string_view text, std::size_t begin, std::string_view value,
                                        bool quoted);

/// The steps of the only document in a text; nothing if it is none, and why.
[[nodiscard]] std::optional<std::vector<YamlEvent>> yaml_events(
    const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics, DocumentLimits limits);

}  // namespace leat::documents_detail
