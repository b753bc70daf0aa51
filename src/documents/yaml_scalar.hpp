#pragma once

#include <string>
#include <string_view>

#include "leat/documents/node.hpp"

namespace leat::documents_detail {

/// Where a scalar is written.
enum class ScalarPlace {
  block,  ///< behind a key or a dash of its own line
  flow,   ///< within [] or {}
};

/// A scalar on one line, in quotes where YAML needs them.
[[nodiscard]] std::string yaml_scalar(const Node& scalar, ScalarPlace place);

/// A text, such as a key, on one line.
[[nodiscard]] std::string yaml_text(std::string_view text, ScalarPlace place);

/// Whether a scalar is a text that reads better as a block, and may be one.
[[nodiscard]] bool suits_block(const Node& scalar);

/// What is read of it: the reference of one that had a value put in.
[[nodiscard]] const std::string& written_text(const Node& scalar);

}  // namespace leat::documents_detail
