#pragma once

#include <memory>
#include <optional>
#include <string>

#include "leat/documents/diagnostic.hpp"

namespace leat::documents_detail {

/// Why a text can be no document, whatever stands in it: too long, no UTF-8, a control character.
[[nodiscard]] std::optional<Diagnostic> text_fault(const std::shared_ptr<const SourceText>& source);

}  // namespace leat::documents_detail
