#include "cli/document_words.hpp"

#include "leat/documents/load_document.hpp"

namespace leat::cli {
namespace {

std::string key_among(const FieldTable& table, std::string_view option) {
  for (const auto& field : table.fields()) {
    if (field.option_name() == option) return field.name;
  }
  for (const auto& field : table.fields()) {
    if (field.type.kind != ValueKind::structure) continue;
    const std::string inner = key_among(*field.type.fields, option);
    if (!inner.empty()) return field.name + "." + inner;
  }
  return {};
}

}  // namespace

bool runs_documents(std::string_view command) {
  return command == "run" || command == "plan" || command == "validate" || command == "init";
}

std::string document_key(std::string_view option) {
  return key_among(*load_fields(), option);
}

std::string in_document(std::string_view option) {
  const auto end = option.find_first_of(" =");
  const std::string key = document_key(option.substr(0, end));
  if (key.empty()) return std::string(option);
  return end == std::string_view::npos ? key : key + ": " + std::string(option.substr(end + 1));
}

}  // namespace leat::cli
