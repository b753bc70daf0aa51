#include "registry/schema_changes_text.hpp"

#include <string>

namespace leat {
namespace {

registry_detail::Json json_or_null(const std::string& text) {
  return text.empty() ? registry_detail::Json() : registry_detail::Json(text);
}

/// "integer became bigint", "bigint is new", "text is gone".
std::string became(const SchemaChange& change) {
  if (change.old.empty() && change.now.empty()) return {};
  if (change.old.empty()) return change.now + " is new";
  if (change.now.empty()) return change.old + " is gone";
  return change.old + " became " + change.now;
}

}  // namespace

namespace registry_detail {

Json changes_document(std::span<const SchemaChange> changes) {
  Json list = Json::array();
  for (const auto& change : changes) {
    list.push_back({{"column", json_or_null(change.column)},
                    {"change", to_string(change.change)},
                    {"rule", to_string(change.rule)},
                    {"version", change.version == 0 ? Json() : Json(change.version)},
                    {"old", json_or_null(change.old)},
                    {"new", json_or_null(change.now)},
                    {"severity", to_string(change.verdict)},
                    {"hint", json_or_null(change.hint)}});
  }
  return list;
}

}  // namespace registry_detail

std::string to_text(std::span<const SchemaChange> changes) {
  std::string text;
  for (const auto& change : changes) {
    std::string place = to_string(change.rule);
    if (change.version > 0) place += ", version " + std::to_string(change.version);
    const std::string what = became(change);
    text += "  " + std::string(to_string(change.verdict)) + ": " +
            (change.column.empty() ? "" : change.column + ": ") + what + (what.empty() ? "[" : " [") +
            std::string(to_string(change.change)) + "; " + place + "]\n";
    if (!change.hint.empty()) text += "    hint: " + change.hint + "\n";
  }
  return text;
}

std::string to_json(std::span<const SchemaChange> changes) {
  return registry_detail::json_line(registry_detail::changes_document(changes));
}

}  // namespace leat
