#pragma once

#include <memory>
#include <optional>
#include <string>

#include "leat/documents/diagnostic.hpp"
#include "leat/documents/read_document.hpp"

namespace leat::test {

/// A document of a test, and what was said of it.
struct Parsed {
  std::shared_ptr<const SourceText> source{};
  Diagnostics diagnostics{};
  std::optional<Node> root{};

  /// All that was said, as people read it.
  [[nodiscard]] std::string said() const { return to_text(diagnostics); }
};

inline Parsed parse(std::string text, DocumentLimits limits = {}) {
  Parsed parsed;
  parsed.source = std::make_shared<const SourceText>("a.yaml", std::move(text));
  parsed.root = read_document(parsed.source, parsed.diagnostics, limits);
  return parsed;
}

}  // namespace leat::test
