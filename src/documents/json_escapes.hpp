#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::documents_detail {

/// A document as a parser of YAML takes it. JSON writes a character beyond U+FFFF as two escapes
/// (`\ud83d\ude00`), which are none of YAML; here they are one (`\U0001f600`).
struct ParserText {
  std::string text{};
  /// Places behind which bytes are missing, and how many in all.
  std::vector<std::pair<std::size_t, std::size_t>> shorter{};

  /// Where in the document a byte of `text` stands.
  [[nodiscard]] std::size_t original(std::size_t offset) const;
};

[[nodiscard]] ParserText parser_text(std::string_view document);

}  // namespace leat::documents_detail
