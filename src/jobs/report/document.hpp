#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace leat::jobs_detail {

/// JSON whose members keep their order.
using Document = nlohmann::ordered_json;

/// null for an empty text.
[[nodiscard]] inline Document or_null(const std::string& text) {
  return text.empty() ? Document() : Document(text);
}
/// null for what is not there.
template <class Value>
[[nodiscard]] Document or_null(const std::optional<Value>& value) {
  return value ? Document(*value) : Document();
}

/// On one line. Bytes that are no UTF-8 (a server's message in another encoding) are replaced, so that this
/// never throws.
[[nodiscard]] inline std::string json_text(const Document& document) {
  return document.dump(-1, ' ', false, Document::error_handler_t::replace);
}

}  // namespace leat::jobs_detail
